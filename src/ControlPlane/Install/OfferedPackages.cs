using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;

namespace Orbit.ControlPlane.Install;

/// <summary>An agent package that hosts fetch.</summary>
/// <param name="System">Operating system and architecture, such as <c>linux-x64</c>.</param>
/// <param name="Version">Of the agent in it.</param>
/// <param name="Sha256">Of the archive, in lower-case hex.</param>
/// <param name="Size">Of the archive, in bytes.</param>
internal sealed record OfferedPackage(string System, string Version, string Sha256, long Size);

/// <summary>What the agent packages are that this control plane serves. Looked at anew where a file has changed.</summary>
internal sealed class OfferedPackages(InstallFiles files)
{
    private const int LongestVersion = 64;
    private static readonly string[] Systems = ["linux-x64", "linux-arm64"];
    private readonly ConcurrentDictionary<string, (string Key, OfferedPackage? Package)> _read = new();

    /// <summary>Where packages are looked for, for messages.</summary>
    public string Problem => $"deploy/package makes them; they belong into {files.Directory}.";

    /// <summary>All that are whole: with a checksum beside it and a VERSION in it.</summary>
    public IReadOnlyList<OfferedPackage> All() => [.. Systems.Select(Of).OfType<OfferedPackage>()];

    /// <summary>Address below the control plane's that a package is fetched from.</summary>
    public static string PathOf(string system) => $"/install/agent/{system}.tar.gz";

    private OfferedPackage? Of(string system)
    {
        if (files.Find($"{system}.tar.gz") is not { } archive || files.Find($"{system}.tar.gz.sha256") is not { } sum)
        {
            return null;
        }

        FileInfo file = new(archive);
        string sha256 = File.ReadAllText(sum).Split(' ', 2)[0].Trim();
        string key = FormattableString.Invariant($"{archive} {file.Length} {file.LastWriteTimeUtc.Ticks} {sha256}");
        if (_read.TryGetValue(system, out (string Key, OfferedPackage? Package) known) && known.Key == key)
        {
            return known.Package;
        }

        OfferedPackage? package = VersionIn(archive) is { } version && sha256.Length == 64 ? new(system, version, sha256, file.Length) : null;
        _read[system] = (key, package);
        return package;
    }

    /// <summary>The first line of the VERSION file in the archive; null when there is none, or the archive is not whole.</summary>
    private static string? VersionIn(string archive)
    {
        try
        {
            using FileStream packed = File.OpenRead(archive);
            using GZipStream plain = new(packed, CompressionMode.Decompress);
            using TarReader entries = new(plain);
            while (entries.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile && entry.DataStream is { } content && entry.Name.TrimStart('.', '/').Split('/') is [_, "VERSION"])
                {
                    using StreamReader reader = new(content);
                    string? line = reader.ReadLine()?.Trim();
                    return line is { Length: > 0 and <= LongestVersion } && !line.Any(char.IsControl) ? line : null;
                }
            }

            return null;
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null; // it is being exchanged, or is not whole: not offered
        }
    }
}
