using System.Buffers;
using System.Text;

namespace Orbit.ControlPlane.Platform;

/// <summary>What text of strangers may look like. PostgreSQL refuses U+0000, and a lone surrogate has no UTF-8 form.</summary>
internal static class TextRule
{
    /// <summary>True when both databases can store the text as it is.</summary>
    public static bool IsStorable(string text) => !text.Contains('\0', StringComparison.Ordinal) && IsWholeUnicode(text);

    /// <summary>What is wrong with a name that is one line; null when nothing is.</summary>
    /// <param name="text">The name.</param>
    /// <param name="longest">Most characters (UTF-16 units).</param>
    public static string? LineProblem(string text, int longest)
    {
        if (text.Length > longest)
        {
            return $"has {text.Length} characters; {longest} are allowed";
        }

        if (!IsStorable(text))
        {
            return "holds a NUL character or broken Unicode";
        }

        // A line break in a name would forge headers of mails and lines of logs.
        return text.AsSpan().IndexOfAny("\r\n\u0085\u2028\u2029") >= 0 ? "holds a line break" : null;
    }

    /// <summary>What is wrong with the unique name of something that people make; null when nothing is.</summary>
    public static string? NameProblem(string name, int longest)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "is empty";
        }

        if (name.Any(char.IsControl))
        {
            return "holds a control character";
        }

        return char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]) ? "begins or ends with a space" : LineProblem(name, longest);
    }

    /// <summary>Refuses a filter that the databases cannot be asked for.</summary>
    /// <exception cref="OrbitException">FILTER_INVALID.</exception>
    public static string Filter(string field, string text) =>
        text.Length <= 2048 && IsStorable(text)
            ? text
            : throw OrbitException.Invalid("FILTER_INVALID", $"{field} is longer than 2048 characters, holds a NUL character or broken Unicode.");

    private static bool IsWholeUnicode(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int used) != OperationStatus.Done)
            {
                return false;
            }

            rest = rest[used..];
        }

        return true;
    }
}
