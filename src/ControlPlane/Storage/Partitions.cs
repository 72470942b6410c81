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
