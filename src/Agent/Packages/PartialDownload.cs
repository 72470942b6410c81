using System.Text.Json;

namespace Orbit.Agent.Packages;

/// <summary>
/// An unfinished download on disk with a note of what is being fetched, so that a later attempt, or a later process, can
/// go on with it when the server still has the same version.
/// </summary>
internal sealed class PartialDownload
{
    private PartialDownload(string path) => Path = path;

    public string Path { get; }

    /// <summary>The version that the bytes on disk belong to; none before the first answer.</summary>
    public PackageVersion? Version { get; private set; }

    /// <summary>Bytes on disk.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// What <c>If-Range</c> may carry; none when the server gave nothing that compares exactly, and then a download
    /// cannot be resumed.
    /// </summary>
    public string? Validator =>
        Version?.ETag is { } tag && !tag.StartsWith("W/", StringComparison.Ordinal) ? tag : Version?.LastModified;

    /// <summary>Finds what an earlier attempt left, or begins with nothing.</summary>
    public static PartialDownload Open(string path, Uri address)
    {
        PartialDownload partial = new(path);
        FileInfo file = new(path);
        if (file.Exists && ReadNote(partial.NotePath) is { } note && note.Address == address)
        {
            (partial.Version, partial.Position) = (note, file.Length);
        }

        if (partial.Validator is null)
        {
            partial.Discard();
        }

        return partial;
    }

    /// <summary>Forgets all bytes and begins with this version. The note is on disk before the first byte.</summary>
    public void Begin(PackageVersion version)
    {
        Discard();
        File.WriteAllBytes(NotePath, JsonSerializer.SerializeToUtf8Bytes(Note.Of(version)));
        Version = version;
    }

    /// <summary>Opens the file at its end.</summary>
    public FileStream OpenForAppend() =>
        new(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Counts bytes that were written.</summary>
    public void Advance(int count) => Position += count;

    /// <summary>Removes the bytes and the note.</summary>
    public void Discard()
    {
        File.Delete(Path);
        File.Delete(NotePath);
        (Version, Position) = (null, 0);
    }

    /// <summary>Removes the note of bytes that were moved elsewhere.</summary>
    public void Forget() => File.Delete(NotePath);

    private string NotePath => Path + ".json";

    private static PackageVersion? ReadNote(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Note>(File.ReadAllBytes(path))?.ToVersion();
        }
        catch (Exception unusable) when (unusable is FileNotFoundException or JsonException or UriFormatException)
        {
            return null; // bytes that nothing is known about cannot be continued
        }
    }

    private sealed record Note(string Address, string? ETag, string? LastModified, long? Length)
    {
        public static Note Of(PackageVersion version) =>
            new(version.Address.AbsoluteUri, version.ETag, version.LastModified, version.Length);

        public PackageVersion ToVersion() => new(new Uri(Address), ETag, LastModified, Length);
    }
}
