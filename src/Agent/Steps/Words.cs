namespace Orbit.Agent.Steps;

/// <summary>Fits texts into the fields of the contract.</summary>
internal static class Words
{
    /// <summary>At most <paramref name="limit"/> characters, on one line; never half a surrogate pair.</summary>
    public static string Cut(string text, int limit)
    {
        string line = text.ReplaceLineEndings(" ");
        if (line.Length <= limit)
        {
            return line;
        }

        int end = limit - 1;
        return string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[end - 1]) ? end - 1 : end), "…");
    }
}
