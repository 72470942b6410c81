using System.Text;
using System.Text.RegularExpressions;

namespace Orbit.Agent.Files;

/// <summary>
/// A pattern over '/'-separated relative paths. <c>*</c> and <c>?</c> stay within one segment, <c>[a-z]</c> and
/// <c>[!a-z]</c> are character classes, <c>**</c> as a whole segment stands for any number of segments (none included;
/// at the end, at least one). There is no escape character: <c>[*]</c> is a literal star.
/// </summary>
internal sealed class Glob
{
    /// <summary>Longest accepted pattern, so that matching stays cheap.</summary>
    public const int MaxLength = 1024;

    private readonly Regex _regex;

    private Glob(string pattern, Regex regex) => (Pattern, _regex) = (pattern, regex);

    /// <summary>The pattern as it was written.</summary>
    public string Pattern { get; }

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">Relative, without empty, <c>.</c> or <c>..</c> segments.</param>
    /// <param name="ignoreCase">File systems here tell case apart, so only package names ignore it.</param>
    /// <exception cref="FormatException">The pattern is empty, absolute, too long or holds an open class.</exception>
    public static Glob Parse(string pattern, bool ignoreCase = false)
    {
        if (string.IsNullOrEmpty(pattern) || pattern.Length > MaxLength)
        {
            throw new FormatException($"A pattern has 1 to {MaxLength} characters.");
        }

        string[] segments = pattern.Split('/');
        if (segments.Any(s => s is "" or "." or ".."))
        {
            throw new FormatException($"The pattern '{pattern}' must be relative, without empty, '.' or '..' segments.");
        }

        StringBuilder regex = new("\\A");
        for (int i = 0; i < segments.Length; i++)
        {
            AppendSegment(regex, segments[i], isLast: i == segments.Length - 1, pattern);
        }

        // The non-backtracking engine is linear, whatever the pattern.
        RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline;
        return new(pattern, new Regex(regex.Append("\\z").ToString(), ignoreCase ? options | RegexOptions.IgnoreCase : options));
    }

    /// <summary>True when the whole path matches.</summary>
    public bool IsMatch(string relativePath) => _regex.IsMatch(relativePath);

    private static void AppendSegment(StringBuilder regex, string segment, bool isLast, string pattern)
    {
        if (segment == "**")
        {
            regex.Append(isLast ? ".+" : "(?:[^/]+/)*");
            return;
        }

        for (int i = 0; i < segment.Length; i++)
        {
            i = segment[i] switch
            {
                '*' => Append(regex, "[^/]*", i),
                '?' => Append(regex, "[^/]", i),
                '[' => AppendClass(regex, segment, i, pattern),
                _ => Append(regex, Regex.Escape(segment[i].ToString()), i),
            };
        }

        if (!isLast)
        {
            regex.Append('/');
        }
    }

    private static int Append(StringBuilder regex, string part, int position)
    {
        regex.Append(part);
        return position;
    }

    /// <returns>The position of the closing bracket.</returns>
    private static int AppendClass(StringBuilder regex, string segment, int open, string pattern)
    {
        int first = open + 1;
        bool negated = first < segment.Length && segment[first] is '!' or '^';
        int start = negated ? first + 1 : first;
        int close = start + 1 < segment.Length ? segment.IndexOf(']', start + 1) : -1; // a ']' right at the start is literal
        if (close < 0)
        {
            throw new FormatException($"The pattern '{pattern}' opens a '[' that is never closed.");
        }

        regex.Append(negated ? "[^/" : "[");
        for (int i = start; i < close; i++)
        {
            bool isRange = segment[i] == '-' && i > start && i < close - 1;
            if (isRange && segment[i + 1] < segment[i - 1])
            {
                throw new FormatException($"The pattern '{pattern}' holds a range that runs backwards.");
            }

            regex.Append(isRange ? "-" : $"\\u{(int)segment[i]:X4}");
        }

        // A range such as [+-9] spans the slash; a class never matches it.
        regex.Append(negated ? "]" : "-[/]]");
        return close;
    }
}
