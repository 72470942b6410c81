using System.Text;

namespace Orbit.Agent.Packages;

/// <summary>Tells by its first bytes whether a file is the kind of archive that its name says.</summary>
internal static class PackageSignature
{
    /// <summary>How many leading bytes are looked at.</summary>
    public const int Length = 512;

    /// <exception cref="PackageRefusal">The bytes are something else, such as a web page.</exception>
    public static void Require(ReadOnlySpan<byte> head, string fileName)
    {
        if (head.IsEmpty)
        {
            throw new PackageRefusal(PackageRefusal.NotAnArchive, $"'{fileName}' is empty.");
        }

        bool fits = Ending(fileName) switch
        {
            ".zip" => IsZip(head),
            ".tar" => IsTar(head),
            _ => IsGzip(head),
        };
        if (!fits)
        {
            string seen = IsWebPage(head) ? "a web page" : "something else";
            throw new PackageRefusal(
                PackageRefusal.NotAnArchive, $"'{fileName}' is not what its name says: its content begins like {seen}.");
        }
    }

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8);

    public static bool IsGzip(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b, 8]);

    /// <summary>A tar header is known by its checksum, which holds for every dialect, old ones without a magic included.</summary>
    public static bool IsTar(ReadOnlySpan<byte> head)
    {
        if (head.Length < Length)
        {
            return false;
        }

        int sum = 8 * ' ';
        for (int i = 0; i < Length; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : head[i];
        }

        ReadOnlySpan<byte> field = head.Slice(148, 8).Trim((byte)' ').Trim((byte)0).Trim((byte)' ');
        int stored = 0;
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            stored = (stored * 8) + digit - '0';
        }

        return field.Length > 0 && stored == sum;
    }

    private static string Ending(string fileName) => Path.GetExtension(fileName).ToLowerInvariant();

    private static bool IsWebPage(ReadOnlySpan<byte> head)
    {
        string text = Encoding.Latin1.GetString(head).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n');
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase);
    }
}
