using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Backups;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Backup;

/// <summary>Writes backups, one at a time.</summary>
internal sealed class BackupTaking(
    IDatabaseCopy copy, IBlobStore blobs, MasterKey master, OrbitStore store, DataDirectory data, TimeProvider time) : IDisposable
{
    /// <summary>The master key in a backup.</summary>
    public const string KeyEntry = "keys/master.key";

    /// <summary>Where blobs are in a backup.</summary>
    public const string BlobFolder = "blobs/";

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Writes all there is: the database of one moment, the files that it names, the master key where that is a file.</summary>
    /// <exception cref="OrbitException">BACKUP_RUNNING.</exception>
    public async Task WriteAsync(Stream output, Caller by, CancellationToken ct)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, ct))
        {
            throw OrbitException.Conflict("BACKUP_RUNNING", "This server sends another backup at the moment.");
        }

        string spool = data.At("backup");
        try
        {
            Clear(spool);
            Directory.CreateDirectory(spool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await store.WriteAsync(
                (database, _) =>
                {
                    database.Audit(by, time.GetUtcNow(), "backup.taken", "backup:all");
                    return Task.CompletedTask;
                },
                ct);
            using IDisposable kept = blobs.KeepAll(); // until the files that the copy names are copied
            await using var backup = new BackupWriter(output, spool);
            await copy.WriteAsync(backup, ct);
            await AddFilesAsync(backup, ct);
            await backup.EndAsync(ct);
        }
        finally
        {
            Clear(spool);
            _one.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _one.Dispose();

    private async Task AddFilesAsync(BackupWriter backup, CancellationToken ct)
    {
        foreach (Guid blob in blobs.IsInDatabase ? [] : await blobs.ListAsync(ct))
        {
            await backup.AddIfAsync($"{BlobFolder}{blob:n}", file => blobs.CopyToAsync(blob, file, ct), ct);
        }

        if (master.IsFile && File.Exists(master.FilePath))
        {
            await using FileStream key = File.OpenRead(master.FilePath);
            await backup.AddAsync(KeyEntry, key, ct);
        }
    }

    private static void Clear(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
