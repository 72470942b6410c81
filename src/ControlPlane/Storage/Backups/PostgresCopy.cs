using System.Data;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>
/// Copies every table within one snapshot by PostgreSQL's own binary COPY. It needs no other program than this one, so any replica can do it
/// and any empty database of the same or a newer major version can take it.
/// </summary>
internal sealed class PostgresCopy(NpgsqlDataSource source, IDbContextFactory<OrbitDbContext> contexts, TimeProvider time) : IDatabaseCopy
{
    /// <summary>The row that makes a database an installation; agents follow no other.</summary>
    private const string IdentityTable = "server_identity";

    private const string TablesEntry = "database/tables.json";

    private const string Tables = """
        SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '__EFMigrationsHistory'
        GROUP BY c.relname ORDER BY 1
        """;

    private const string References =
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conrelid <> confrelid";

    private const string Identities = """
        SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relkind IN ('r', 'p') AND a.attidentity <> ''
        """;

    public string Provider => "postgres";

    public async Task WriteAsync(BackupWriter backup, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(ct);
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        string migration = (await RowsAsync(connection, "SELECT \"MigrationId\"::text FROM \"__EFMigrationsHistory\" ORDER BY 1 DESC LIMIT 1", r => r.GetString(0), ct)).Single();
        BackupTable[] tables = [.. await TablesAsync(connection, ct)];
        DateTimeOffset since = (await RowsAsync(connection, $"SELECT created_at FROM {IdentityTable}", r => r.GetFieldValue<DateTimeOffset>(0), ct)).Single();
        var manifest = new BackupManifest(BackupManifest.Current, Provider, migration, since, time.GetUtcNow());
        await backup.AddJsonAsync(BackupManifest.Name, manifest, BackupJson.Default.BackupManifest, ct);
        await backup.AddJsonAsync(TablesEntry, tables, BackupJson.Default.BackupTableArray, ct);
        foreach (BackupTable table in tables)
        {
            await backup.AddAsync(
                EntryOf(table.Name),
                async file =>
                {
                    await using NpgsqlRawCopyStream rows = await connection.BeginRawBinaryCopyAsync($"COPY (SELECT {Quoted(table.Columns)} FROM \"{table.Name}\") TO STDOUT (FORMAT BINARY)", ct);
                    await rows.CopyToAsync(file, ct);
                },
                ct);
        }

        await snapshot.CommitAsync(ct);
    }

    public async Task<bool> IsEmptyAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(ct);
        return !(await RowsAsync(connection, $"SELECT to_regclass('public.{IdentityTable}') IS NOT NULL", r => r.GetBoolean(0), ct)).Single()
            || !(await RowsAsync(connection, $"SELECT EXISTS (SELECT 1 FROM {IdentityTable})", r => r.GetBoolean(0), ct)).Single();
    }

    public async Task LoadAsync(BackupReader backup, CancellationToken ct)
    {
        await using (OrbitDbContext database = await contexts.CreateDbContextAsync(ct))
        {
            if (!database.Database.GetMigrations().Contains(backup.Manifest.Migration))
            {
                throw new RestoreException($"The backup is of a newer version: this program does not know its migration {backup.Manifest.Migration}.");
            }

            await database.GetService<IMigrator>().MigrateAsync(backup.Manifest.Migration, ct);
            await MakePartitionsAsync(database, backup.Manifest.Since, ct);
        }

        BackupTable[] tables = Listed(backup);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(ct);
        await using NpgsqlTransaction all = await connection.BeginTransactionAsync(ct);
        HashSet<string> there = [.. (await TablesAsync(connection, ct)).Select(t => t.Name)];
        await ClearAsync(connection, there, ct);
        foreach (BackupTable table in await InOrderAsync(connection, tables, ct))
        {
            if (!there.Contains(table.Name))
            {
                throw new RestoreException($"The backup has a table {table.Name}, which this program does not know.");
            }

            if (table.Name != IdentityTable)
            {
                await LoadAsync(connection, backup, table, ct);
            }
        }

        await all.CommitAsync(ct);
    }

    /// <summary>What is there is of a restore that was cut off: an installation was not found.</summary>
    private static async Task ClearAsync(NpgsqlConnection connection, IEnumerable<string> tables, CancellationToken ct)
    {
        await using NpgsqlCommand clear = new($"TRUNCATE {Quoted(tables)}", connection);
        await clear.ExecuteNonQueryAsync(ct);
    }

    public async Task SkipNumbersAsync(OrbitDbContext database, CancellationToken ct)
    {
        foreach ((string table, string column) in await database.QueryAsync(Identities, [], static row => (row.Text(0), row.Text(1)), ct))
        {
            await database.QueryAsync(
                $"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT COALESCE(MAX(\"{column}\"), 0) FROM \"{table}\") + @p0)",
                [SkippedNumbers.Count], static row => row.Long(0), ct);
        }
    }

    public async Task FinishAsync(BackupReader backup, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(ct);
        await LoadAsync(connection, backup, Listed(backup).Single(t => t.Name == IdentityTable), ct);
    }

    /// <summary>Rows lie in the partitions of their time, so that retention can drop these.</summary>
    private async Task MakePartitionsAsync(OrbitDbContext database, DateTimeOffset since, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        for (DateTimeOffset period = since; period < now; period = period.AddDays(TimePartitioned.DaysPerPartition))
        {
            await Partitions.EnsureAsync(database, period, ct);
        }
    }

    private static BackupTable[] Listed(BackupReader backup) =>
        JsonSerializer.Deserialize(File.ReadAllText(backup.PathOf(TablesEntry)), BackupJson.Default.BackupTableArray) ?? [];

    private static async Task LoadAsync(NpgsqlConnection connection, BackupReader backup, BackupTable table, CancellationToken ct)
    {
        await using FileStream file = File.OpenRead(backup.PathOf(EntryOf(table.Name)));
        await using NpgsqlRawCopyStream rows = await connection.BeginRawBinaryCopyAsync($"COPY \"{table.Name}\" ({Quoted(table.Columns)}) FROM STDIN (FORMAT BINARY)", ct);
        await file.CopyToAsync(rows, ct);
    }

    /// <summary>Tables that others refer to come before those.</summary>
    private static async Task<List<BackupTable>> InOrderAsync(NpgsqlConnection connection, BackupTable[] tables, CancellationToken ct)
    {
        List<(string From, string To)> references = await RowsAsync(connection, References, r => (r.GetString(0), r.GetString(1)), ct);
        var ordered = new List<BackupTable>();
        var left = new List<BackupTable>(tables);
        while (left.Count > 0)
        {
            BackupTable[] free = [.. left.Where(t => !references.Exists(r => r.From == t.Name && left.Exists(o => o.Name == r.To)))];
            if (free.Length == 0)
            {
                throw new RestoreException($"Tables refer to each other in a circle: {string.Join(", ", left.Select(t => t.Name))}.");
            }

            ordered.AddRange(free);
            left.RemoveAll(t => free.Contains(t));
        }

        return ordered;
    }

    private static Task<List<BackupTable>> TablesAsync(NpgsqlConnection connection, CancellationToken ct) =>
        RowsAsync(connection, Tables, r => new BackupTable(r.GetString(0), r.GetFieldValue<string[]>(1)), ct);

    private static async Task<List<T>> RowsAsync<T>(NpgsqlConnection connection, string query, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using NpgsqlCommand command = new(query, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    private static string Quoted(IEnumerable<string> columns) => string.Join(", ", columns.Select(column => $"\"{column}\""));

    private static string EntryOf(string table) => $"database/{table}.copy";
}
