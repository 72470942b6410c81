using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>Copies the SQLite file by SQLite's own online backup: of one moment, and writers go on meanwhile.</summary>
internal sealed class SqliteCopy(DataDirectory data, IDbContextFactory<OrbitDbContext> contexts, TimeProvider time) : IDatabaseCopy
{
    private const string FileName = "orbit.db";
    private const string Entry = "database/orbit.db";

    public string Provider => "sqlite";

    public async Task WriteAsync(BackupWriter backup, CancellationToken ct)
    {
        string copy = backup.SpoolPath("copy.db");
        await Task.Run(() => CopyTo(copy), ct);
        try
        {
            string migration = await MigrationAsync(copy, ct);
            var manifest = new BackupManifest(BackupManifest.Current, Provider, migration, Since: DateTimeOffset.UnixEpoch, TakenAt: time.GetUtcNow());
            await backup.AddJsonAsync(BackupManifest.Name, manifest, BackupJson.Default.BackupManifest, ct);
            await using FileStream file = File.OpenRead(copy);
            await backup.AddAsync(Entry, file, ct);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    public Task<bool> IsEmptyAsync(CancellationToken ct) => Task.FromResult(!File.Exists(data.At(FileName)));

    public async Task LoadAsync(BackupReader backup, CancellationToken ct)
    {
        await using (OrbitDbContext database = await contexts.CreateDbContextAsync(ct))
        {
            if (!database.Database.GetMigrations().Contains(backup.Manifest.Migration))
            {
                throw new RestoreException($"The backup is of a newer version: this program does not know its migration {backup.Manifest.Migration}.");
            }
        }

        File.Move(backup.PathOf(Entry), data.At(FileName));
        await using SqliteConnection check = Open(data.At(FileName), SqliteOpenMode.ReadWrite);
        await using SqliteCommand command = check.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        string? answer = (string?)await command.ExecuteScalarAsync(ct);
        if (answer != "ok")
        {
            throw new RestoreException($"The database in the backup is damaged: {answer}");
        }
    }

    public async Task SkipNumbersAsync(OrbitDbContext database, CancellationToken ct)
    {
        foreach (string table in await database.QueryAsync("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'", [], static row => row.Text(0), ct))
        {
            await database.RunAsync("INSERT INTO sqlite_sequence (name, seq) SELECT @p0, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = @p0)", [table], ct);
        }

        await database.RunAsync("UPDATE sqlite_sequence SET seq = seq + @p0", [SkippedNumbers.Count], ct);
    }

    /// <summary>Everything is in the one file after this, which is then moved to where the server looks for it.</summary>
    public Task FinishAsync(BackupReader backup, CancellationToken ct)
    {
        SqliteConnection.ClearAllPools();
        return Task.CompletedTask;
    }

    private void CopyTo(string copy)
    {
        File.Delete(copy);
        using SqliteConnection from = Open(data.At(FileName), SqliteOpenMode.ReadWrite);
        using SqliteConnection to = Open(copy, SqliteOpenMode.ReadWriteCreate);
        File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        from.BackupDatabase(to);
        using SqliteCommand single = to.CreateCommand();
        single.CommandText = "PRAGMA journal_mode=DELETE"; // one file, without a log beside it
        single.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = 60 }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static async Task<string> MigrationAsync(string file, CancellationToken ct)
    {
        await using SqliteConnection copy = Open(file, SqliteOpenMode.ReadOnly);
        await using SqliteCommand last = copy.CreateCommand();
        last.CommandText = "SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\" ORDER BY 1 DESC LIMIT 1";
        return (string)(await last.ExecuteScalarAsync(ct))!;
    }
}
