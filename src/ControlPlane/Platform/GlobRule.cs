namespace Orbit.ControlPlane.Platform;

/// <summary>
/// What a pattern over relative paths may look like; agents do the matching. <c>*</c> and <c>?</c> stay within one segment,
/// <c>[a-z]</c> and <c>[!a-z]</c> are classes, <c>**</c> stands for any number of segments. There is no escape character.
/// </summary>
internal static class GlobRule
{
    /// <summary>Longest pattern.</summary>
    public const int Longest = 256;

    /// <summary>What is wrong with a pattern over paths; null when nothing is.</summary>
    public static string? Problem(string pattern)
    {
        if (pattern.Length is 0 or > Longest)
        {
            return $"a pattern of 1 to {Longest} characters";
        }

        if (pattern.Any(char.IsControl) || pattern.Contains('\\', StringComparison.Ordinal) || !TextRule.IsStorable(pattern))
        {
            return "a pattern without control characters and backslashes";
        }

        string[] segments = pattern.Split('/');
        if (segments.Any(s => s is "" or "." or ".."))
        {
            return "a relative pattern without empty, '.' or '..' segments";
        }

        return segments.Any(s => !ClassesAreWhole(s)) ? "a pattern whose [classes] are closed and run forwards" : null;
    }

    /// <summary>What is wrong with a pattern over file names; null when nothing is.</summary>
    public static string? FileNameProblem(string pattern) =>
        pattern.Contains('/', StringComparison.Ordinal) ? "a pattern over a file name, without '/'" : Problem(pattern);

    /// <summary>A pattern that matches this text and nothing else.</summary>
    public static string Literal(string text) =>
        string.Concat(text.Select(c => c is '*' or '?' or '[' ? $"[{c}]" : c.ToString()));

    private static bool ClassesAreWhole(string segment)
    {
        for (int at = segment.IndexOf('[', StringComparison.Ordinal); at >= 0; at = segment.IndexOf('[', at))
        {
            int start = at + 1 < segment.Length && segment[at + 1] is '!' or '^' ? at + 2 : at + 1;
            int close = start + 1 < segment.Length ? segment.IndexOf(']', start + 1) : -1; // a ']' at the start is meant
            if (close < 0)
            {
                return false;
            }

            for (int i = start + 1; i < close - 1; i++)
            {
                if (segment[i] == '-' && segment[i + 1] < segment[i - 1])
                {
                    return false;
                }
            }

            at = close + 1;
            if (at >= segment.Length)
            {
                break;
            }
        }

        return true;
    }
}
