using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>A backup, unpacked into a directory and compared with its own sums before anything of it is used.</summary>
internal sealed partial class BackupReader
{
    private readonly string _directory;

    private BackupReader(string directory, BackupManifest manifest, IReadOnlyList<BackupEntry> entries) =>
        (_directory, Manifest, Entries) = (directory, manifest, entries);

    /// <summary>What the backup says of itself.</summary>
    public BackupManifest Manifest { get; }

    /// <summary>All its files but the last.</summary>
    public IReadOnlyList<BackupEntry> Entries { get; }

    /// <summary>Path of an unpacked file.</summary>
    public string PathOf(string name) => Path.Combine(_directory, name);

    /// <summary>Unpacks a backup into an empty directory.</summary>
    /// <exception cref="RestoreException">It is not a backup, was cut off, or was changed.</exception>
    public static async Task<BackupReader> UnpackAsync(string file, string directory, CancellationToken ct)
    {
        try
        {
            await using FileStream packed = File.OpenRead(file);
            await using GZipStream plain = new(packed, CompressionMode.Decompress);
            await using TarReader tar = new(plain);
            var found = new Dictionary<string, BackupEntry>(StringComparer.Ordinal);
            while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
            {
                found.Add(entry.Name, await UnpackAsync(entry, directory, ct));
            }

            BackupEnd end = Read(directory, BackupEnd.Name, BackupJson.Default.BackupEnd);
            if (end.Entries.FirstOrDefault(told => found.GetValueOrDefault(told.Name) != told) is { } wrong || found.Count != end.Entries.Count + 1)
            {
                throw new RestoreException($"{file} is not as it was written: its parts differ from their sums.");
            }

            return new(directory, Read(directory, BackupManifest.Name, BackupJson.Default.BackupManifest), end.Entries);
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or FileNotFoundException or JsonException or ArgumentException)
        {
            throw new RestoreException($"{file} is not a whole backup: {broken.Message}", broken);
        }
    }

    private static T Read<T>(string directory, string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(directory, name)), type) ?? throw new JsonException($"{name} is empty.");

    private static async Task<BackupEntry> UnpackAsync(TarEntry entry, string directory, CancellationToken ct)
    {
        if (entry.EntryType is not TarEntryType.RegularFile || !SafeName().IsMatch(entry.Name))
        {
            throw new InvalidDataException($"it holds {entry.EntryType} '{entry.Name}'");
        }

        string path = Path.Combine(directory, entry.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using FileStream file = new(path, options);
        if (entry.DataStream is { } data)
        {
            await data.CopyToAsync(file, ct);
        }

        file.Flush(flushToDisk: true);
        file.Position = 0;
        return new(entry.Name, file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)));
    }

    [GeneratedRegex(@"^[a-z0-9_]+(/[a-z0-9_-]+)*(\.[a-z]+)?\z")]
    private static partial Regex SafeName();
}
