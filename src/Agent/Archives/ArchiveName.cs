using System.Text;

namespace Orbit.Agent.Archives;

/// <summary>Turns the raw name of an entry into a relative path that cannot lead out of a directory, or refuses it.</summary>
internal static class ArchiveName
{
    private const int MaxPathBytes = 4000; // below the system's 4096 with room for what leads to the directory
    private const int MaxSegmentBytes = 255;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>Segments joined by '/'; empty for the archive's own root (<c>./</c>).</returns>
    /// <exception cref="ArchiveRefusal">The name is absolute, leads up, holds a backslash or control character, or is too long or deep.</exception>
    public static string Parse(ReadOnlySpan<byte> raw, int maxDepth)
    {
        string name = Decode(raw);
        if (name.Length == 0 || raw.Length > MaxPathBytes)
        {
            throw Unsafe(name, name.Length == 0 ? "is empty" : "is too long");
        }

        if (name[0] == '/')
        {
            throw Unsafe(name, "is absolute");
        }

        if (name.Contains('\\', StringComparison.Ordinal))
        {
            throw Unsafe(name, "holds a backslash");
        }

        if (name.Any(char.IsControl))
        {
            throw Unsafe(name, "holds a control character");
        }

        // `./a` and `a//b` are common and harmless; `..` never is, wherever it would end.
        string[] segments = [.. name.Split('/').Where(s => s is not ("" or "."))];
        if (segments.Contains(".."))
        {
            throw Unsafe(name, "leads up ('..')");
        }

        if (segments.Length > maxDepth || segments.Any(s => Encoding.UTF8.GetByteCount(s) > MaxSegmentBytes))
        {
            throw Unsafe(name, $"has a segment of more than {MaxSegmentBytes} bytes or lies deeper than {maxDepth} directories");
        }

        return string.Join('/', segments);
    }

    /// <summary>Decodes a name or link target.</summary>
    public static string Decode(ReadOnlySpan<byte> raw)
    {
        try
        {
            return Strict.GetString(raw);
        }
        catch (DecoderFallbackException broken)
        {
            throw new ArchiveRefusal(
                ArchiveRefusal.NameUnsafe, $"The name '{Encoding.Latin1.GetString(raw)}' in the archive is not UTF-8.", broken);
        }
    }

    private static ArchiveRefusal Unsafe(string name, string why)
    {
        string shown = new([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);
        return new(ArchiveRefusal.NameUnsafe, $"The name '{shown}' in the archive {why}.");
    }
}
