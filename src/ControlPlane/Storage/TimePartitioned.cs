using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Marks tables that grow with time. On PostgreSQL they are range-partitioned by the named column from the first migration on, so that
/// old data goes by dropping a partition; on SQLite the mark changes nothing. The column is part of the primary key.
/// </summary>
internal static class TimePartitioned
{
    /// <summary>Annotation that holds the column's name.</summary>
    public const string Annotation = "Orbit:PartitionBy";

    /// <summary>Days one partition spans.</summary>
    public const int DaysPerPartition = 30;

    /// <summary>Partitions the table by a column of whole days since 1970-01-01.</summary>
    public static EntityTypeBuilder<T> PartitionByDay<T>(this EntityTypeBuilder<T> table, string column)
        where T : class => Mark(table, $"day:{column}");

    /// <summary>Partitions the table by a column of time-ordered UUIDs (version 7).</summary>
    public static EntityTypeBuilder<T> PartitionByUuid<T>(this EntityTypeBuilder<T> table, string column)
        where T : class => Mark(table, $"uuid:{column}");

    /// <summary>Whole days since 1970-01-01 UTC.</summary>
    public static int DayOf(DateTimeOffset time) => (int)(time.ToUnixTimeSeconds() / 86_400);

    private static EntityTypeBuilder<T> Mark<T>(EntityTypeBuilder<T> table, string how)
        where T : class
    {
        table.HasAnnotation(Annotation, how);
        return table;
    }
}
