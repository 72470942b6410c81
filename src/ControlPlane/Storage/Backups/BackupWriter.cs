using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>Writes a backup: a gzipped tar that ends with the sums of all that is in it.</summary>
/// <param name="output">Where it goes; may be read as it is written.</param>
/// <param name="spool">A directory for one file at a time, whose length must be known before it is added.</param>
internal sealed class BackupWriter(Stream output, string spool) : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly GZipStream _gzip = new(output, CompressionLevel.Fastest, leaveOpen: true);
    private readonly List<BackupEntry> _entries = [];
    private TarWriter? _tar;

    /// <summary>A path in the directory for one file at a time.</summary>
    public string SpoolPath(string name) => Path.Combine(spool, name);

    /// <summary>Adds what <paramref name="write"/> writes.</summary>
    public Task AddAsync(string name, Func<Stream, Task> write, CancellationToken ct) =>
        AddIfAsync(
            name,
            async file =>
            {
                await write(file);
                return true;
            },
            ct);

    /// <summary>Adds what <paramref name="write"/> writes, unless it says that there is nothing.</summary>
    public async Task AddIfAsync(string name, Func<Stream, Task<bool>> write, CancellationToken ct)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            UnixCreateMode = OwnerOnly,
        };
        await using FileStream file = new(SpoolPath("entry"), options);
        if (await write(file))
        {
            await AddAsync(name, file, ct);
        }
    }

    /// <summary>Adds an object.</summary>
    public async Task AddJsonAsync<T>(string name, T value, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using MemoryStream json = new(JsonSerializer.SerializeToUtf8Bytes(value, type));
        await AddAsync(name, json, ct);
    }

    /// <summary>Adds a file or bytes from their beginning.</summary>
    public async Task AddAsync(string name, Stream content, CancellationToken ct)
    {
        content.Position = 0;
        string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
        content.Position = 0;
        _entries.Add(new(name, content.Length, hash));
        _tar ??= new TarWriter(_gzip, TarEntryFormat.Pax, leaveOpen: true);
        await _tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = OwnerOnly }, ct);
    }

    /// <summary>Writes the end, which makes it a whole backup.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        await AddJsonAsync(BackupEnd.Name, new BackupEnd([.. _entries]), BackupJson.Default.BackupEnd, ct);
        await _tar!.DisposeAsync();
        await _gzip.DisposeAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_tar is not null)
        {
            await _tar.DisposeAsync();
        }

        await _gzip.DisposeAsync();
    }
}
