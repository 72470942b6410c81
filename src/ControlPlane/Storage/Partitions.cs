using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Partitions of the tables that grow with time, on PostgreSQL: one for each 30 days, made ahead, and one for whatever falls outside
/// (a clock that jumped), so that an insert never fails for want of a partition.
/// </summary>
internal static class Partitions
{
    /// <summary>How far ahead partitions are made.</summary>
    private const int PeriodsAhead = 3;

    /// <summary>The column a table is partitioned by; null for a table that is not.</summary>
    public static string? ColumnOf(string table, IModel? model) => MarkOf(table, model)?.Split(':')[1];

    /// <summary>Makes the partitions of the present and the next periods where they are missing. Repeating it is harmless.</summary>
    public static async Task EnsureAsync(OrbitDbContext database, DateTimeOffset now, CancellationToken ct)
    {
        if (database.IsEmbedded)
        {
            return;
        }

        foreach (IEntityType entity in database.Model.GetEntityTypes())
        {
            if (entity.FindAnnotation(TimePartitioned.Annotation)?.Value is string mark)
            {
                await EnsureAsync(database, entity.GetTableName()!, isUuid: mark.StartsWith("uuid:", StringComparison.Ordinal), now, ct);
            }
        }
    }

    /// <summary>
    /// Drops the partitions of a table that hold nothing but days before the given one. The lock it needs is waited for a moment only: then
    /// the next pass tries again, and nobody who writes stands behind it.
    /// </summary>
    /// <param name="database">A context inside a transaction.</param>
    /// <param name="table">A table partitioned by day.</param>
    /// <param name="before">First day to keep.</param>
    /// <param name="mayDrop">Asked for each: true when nothing in its days (from, until) is wanted any more.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>How many were dropped.</returns>
    public static async Task<int> DropBeforeAsync(OrbitDbContext database, string table, int before, Func<int, int, Task<bool>> mayDrop, CancellationToken ct)
    {
        List<string> names = await database.QueryAsync(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(@p0) ORDER BY 1",
            [table], static row => row.Text(0), ct);
        int dropped = 0;
        foreach (string name in names)
        {
            string number = name[(name.LastIndexOf('_') + 1)..];
            if (number[0] != 'p' || !int.TryParse(number.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int period))
            {
                continue; // what fell outside
            }

            (int from, int until) = (period * TimePartitioned.DaysPerPartition, (period + 1) * TimePartitioned.DaysPerPartition);
            if (until <= before && await mayDrop(from, until))
            {
                await database.RunAsync("SET LOCAL lock_timeout = '2s'", [], ct);
                await database.RunAsync($"DROP TABLE {name}", [], ct);
                dropped++;
            }
        }

        return dropped;
    }

    private static async Task EnsureAsync(OrbitDbContext database, string table, bool isUuid, DateTimeOffset now, CancellationToken ct)
    {
        int present = TimePartitioned.DayOf(now) / TimePartitioned.DaysPerPartition;
        await database.RunAsync($"CREATE TABLE IF NOT EXISTS {table}_other PARTITION OF {table} DEFAULT", [], ct);
        for (int period = present; period <= present + PeriodsAhead; period++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{table}_p{period}");
            if ((await database.QueryAsync($"SELECT to_regclass('{name}') IS NOT NULL", [], static row => row.Flag(0), ct))[0])
            {
                continue;
            }

            await MakeAsync(database, table, name, BoundOf(period, isUuid), BoundOf(period + 1, isUuid), ct);
        }
    }

    /// <summary>
    /// Makes one partition. Rows that fell outside and belong into it move there with it, else PostgreSQL would refuse to make it. One
    /// statement, so it happens whole or not at all; it waits for those who write to the table, and they for it.
    /// </summary>
    private static Task<int> MakeAsync(OrbitDbContext database, string table, string name, string from, string to, CancellationToken ct) =>
        database.RunAsync(
            $"""
            DO $$ BEGIN
              LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
              IF to_regclass('{name}') IS NULL THEN
                CREATE TEMPORARY TABLE outside ON COMMIT DROP AS
                  SELECT * FROM {table}_other WHERE {ColumnOf(table, database.Model)} >= {from} AND {ColumnOf(table, database.Model)} < {to};
                DELETE FROM {table}_other WHERE {ColumnOf(table, database.Model)} >= {from} AND {ColumnOf(table, database.Model)} < {to};
                CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({from}) TO ({to});
                INSERT INTO {name} SELECT * FROM outside;
                DROP TABLE outside;
              END IF;
            END $$
            """,
            [],
            ct);

    /// <summary>The first key of a period: a day number, or the lowest version 7 UUID of that day.</summary>
    private static string BoundOf(int period, bool isUuid)
    {
        int day = period * TimePartitioned.DaysPerPartition;
        if (!isUuid)
        {
            return day.ToString(CultureInfo.InvariantCulture);
        }

        // RFC 9562: the first 48 bits are milliseconds since 1970.
        string hex = (day * 86_400_000L).ToString("x12", CultureInfo.InvariantCulture);
        return $"'{hex[..8]}-{hex[8..]}-0000-0000-000000000000'";
    }

    private static string? MarkOf(string table, IModel? model)
    {
        foreach (IEntityType entity in model?.GetEntityTypes() ?? [])
        {
            if (entity.GetTableName() == table)
            {
                return entity.FindAnnotation(TimePartitioned.Annotation)?.Value as string;
            }
        }

        return null;
    }
}
