using System.Data.Common;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Backups;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Backup;

/// <summary>
/// <c>orbit-control-plane restore FILE</c>, with the settings of the server that is to be: puts a backup onto an empty machine. What it makes
/// is usable only when all of it is done: on SQLite the database file is moved into place last, on PostgreSQL the row that makes it an
/// installation is.
/// </summary>
internal static class RestoreProgram
{
    /// <summary>The first word of its command line.</summary>
    public const string Verb = "restore";

    /// <returns>0, or 2 when nothing was restored.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length < 2 || args[1].StartsWith('-'))
        {
            await Console.Error.WriteLineAsync("orbit-control-plane: restore needs the backup's file, then the settings of the server: restore FILE [--Section:Key=value]…");
            return 2;
        }

        try
        {
            Settled settled = await RestoreAsync(args[1], args[2..], CancellationToken.None);
            Console.WriteLine($"restored; {settled.Runs} runs ended as unknown, {settled.Batches} batches paused. Everybody signs in again.");
            return 0;
        }
        catch (Exception refused) when (refused is RestoreException or OptionsValidationException or IOException or UnauthorizedAccessException or DbException)
        {
            await Console.Error.WriteLineAsync($"orbit-control-plane: nothing was restored: {refused.Message}");
            return 2;
        }
    }

    /// <summary>Restores.</summary>
    /// <exception cref="RestoreException">The backup or the place does not fit.</exception>
    public static async Task<Settled> RestoreAsync(string file, string[] settings, CancellationToken ct)
    {
        string home;
        await using (WebApplication place = ControlPlaneHost.Create(settings))
        {
            home = place.Services.GetRequiredService<DataDirectory>().Path;
            if (!await place.Services.GetRequiredService<IDatabaseCopy>().IsEmptyAsync(ct) || HasFiles(Path.Combine(home, "blobs")))
            {
                throw new RestoreException("there is an installation already. Restore into an empty data directory and an empty database.");
            }
        }

        string draft = Path.Combine(home, "restoring");
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true); // of a restore that was cut off
        }

        Settled settled;
        await using (WebApplication app = ControlPlaneHost.Create([.. settings, $"--DataDirectory={draft}"]))
        {
            settled = await LoadAsync(app.Services, file, ct);
        }

        foreach (string part in (string[])["blobs", "master.key", "orbit.db"])
        {
            Move(Path.Combine(draft, part), Path.Combine(home, part));
        }

        Directory.Delete(draft, recursive: true);
        return settled;
    }

    private static async Task<Settled> LoadAsync(IServiceProvider parts, string file, CancellationToken ct)
    {
        DataDirectory data = parts.GetRequiredService<DataDirectory>();
        IDatabaseCopy copy = parts.GetRequiredService<IDatabaseCopy>();
        BackupReader backup = await BackupReader.UnpackAsync(file, data.At("unpacked"), ct);
        if (backup.Manifest.Format != BackupManifest.Current || backup.Manifest.Provider != copy.Provider)
        {
            throw new RestoreException($"the backup has format {backup.Manifest.Format} and is of {backup.Manifest.Provider}; this server reads format {BackupManifest.Current} and uses {copy.Provider}.");
        }

        await copy.LoadAsync(backup, ct);
        await parts.GetRequiredService<Migrator>().MigrateAsync(ct);
        await LoadFilesAsync(parts, backup, ct);
        Settled settled = await parts.GetRequiredService<RestoredCommands>().SettleAsync(backup.Manifest.TakenAt, ct);
        await copy.FinishAsync(backup, ct);
        return settled;
    }

    private static async Task LoadFilesAsync(IServiceProvider parts, BackupReader backup, CancellationToken ct)
    {
        IBlobStore blobs = parts.GetRequiredService<IBlobStore>();
        foreach (BackupEntry entry in backup.Entries.Where(e => e.Name.StartsWith(BackupTaking.BlobFolder, StringComparison.Ordinal)))
        {
            await using FileStream content = File.OpenRead(backup.PathOf(entry.Name));
            await blobs.PutAsync(Guid.ParseExact(entry.Name[BackupTaking.BlobFolder.Length..], "N"), content, ct);
        }

        MasterKey master = parts.GetRequiredService<MasterKey>();
        if (master.IsFile && backup.Entries.Any(e => e.Name == BackupTaking.KeyEntry))
        {
            File.Move(backup.PathOf(BackupTaking.KeyEntry), master.FilePath);
        }
        else if (master.IsFile)
        {
            throw new RestoreException("the backup has no master key, because the server had Keys:Master set; set it to the same value.");
        }
    }

    private static void Move(string from, string to)
    {
        if (File.Exists(from + "-wal"))
        {
            throw new RestoreException($"{from} is still in use.");
        }

        if (File.Exists(from))
        {
            File.Move(from, to);
        }
        else if (HasFiles(from))
        {
            if (Directory.Exists(to))
            {
                Directory.Delete(to); // empty, as was seen
            }

            Directory.Move(from, to);
        }
    }

    private static bool HasFiles(string directory) => Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any();
}
