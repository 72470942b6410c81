using System.Globalization;
using System.Text;

namespace Orbit.Cli.Output;

/// <summary>
/// Makes texts from elsewhere safe to show: control characters and characters that turn the writing direction are written as
/// <c>\x1b</c>, so that no name, message or log can move a cursor, change a title or hide what stands before it.
/// </summary>
internal static class CleanText
{
    /// <summary>For one line: line feeds and tabs become spaces.</summary>
    public static string Line(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            Append(clean, c is '\n' or '\r' or '\t' ? ' ' : c);
        }

        return clean.ToString();
    }

    /// <summary>Only the first line of a longer text, with a mark when there is more.</summary>
    public static string FirstLine(string text)
    {
        string trimmed = text.Trim();
        int end = trimmed.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? Line(trimmed) : Line(trimmed[..end].TrimEnd()) + " …";
    }

    public static void Append(StringBuilder clean, char c)
    {
        if (IsUnsafe(c))
        {
            clean.Append(c < 0x100 ? "\\x" : "\\u").Append(((int)c).ToString(c < 0x100 ? "x2" : "x4", CultureInfo.InvariantCulture));
        }
        else
        {
            clean.Append(c);
        }
    }

    // Bidirectional controls and line separators beside Unicode's control class.
    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || c is '\u200e' or '\u200f' or '\u061c' or '\u2028' or '\u2029'
            or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
