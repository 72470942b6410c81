using System.Security.Cryptography;
using System.Text;

namespace Orbit.Agent.Packages;

/// <summary>A checksum that a package must have, from a file that lies beside it.</summary>
/// <param name="Algorithm">SHA-256 or MD5; the latter finds accidents, not attacks.</param>
/// <param name="Hex">Lower case.</param>
internal sealed record PackageChecksum(HashAlgorithmName Algorithm, string Hex)
{
    /// <summary>How messages and records call the algorithm.</summary>
    public string Name => Algorithm == HashAlgorithmName.SHA256 ? "sha256" : "md5";

    /// <summary>
    /// Reads the forms that <c>sha256sum</c>, its BSD variant and bare hex files have. A line that names another file
    /// is passed over.
    /// </summary>
    /// <exception cref="PackageRefusal">No checksum of the package stands in it.</exception>
    public static PackageChecksum Parse(ReadOnlySpan<byte> body, string sideFile, string fileName)
    {
        bool isSha = sideFile.Contains(".sha256", StringComparison.Ordinal);
        HashAlgorithmName algorithm = isSha ? HashAlgorithmName.SHA256 : HashAlgorithmName.MD5;
        int digits = isSha ? 64 : 32;
        foreach (string raw in Encoding.UTF8.GetString(body).Split('\n'))
        {
            string line = raw.Trim('\r', ' ', '\t', '\uFEFF');
            if (Read(line, fileName, digits) is { } hex)
            {
                return new(algorithm, hex);
            }
        }

        throw new PackageRefusal(
            PackageRefusal.ChecksumInvalid, $"'{sideFile}' lies beside the package but holds no checksum of '{fileName}'.");
    }

    private static string? Read(string line, string fileName, int digits)
    {
        int equals = line.LastIndexOf(") = ", StringComparison.Ordinal);
        if (equals > 0 && line.IndexOf('(', StringComparison.Ordinal) is var open and >= 0)
        {
            return Matches(line[(open + 1)..equals], fileName) ? Digits(line[(equals + 4)..], digits) : null;
        }

        int end = line.IndexOfAny([' ', '\t']);
        if (end < 0)
        {
            return Digits(line, digits);
        }

        string named = line[end..].TrimStart(' ', '\t', '*');
        return Matches(named, fileName) ? Digits(line[..end], digits) : null;
    }

    private static bool Matches(string named, string fileName) =>
        string.Equals(named[(named.LastIndexOf('/') + 1)..], fileName, StringComparison.Ordinal);

    private static string? Digits(string text, int digits) =>
        text.Length == digits && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
}
