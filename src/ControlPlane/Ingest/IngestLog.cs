namespace Orbit.ControlPlane.Ingest;

/// <summary>All log lines of the Ingest folder. Event ids 2200-2249.</summary>
internal static partial class IngestLog
{
    [LoggerMessage(2201, LogLevel.Warning, "The database cannot store now; {Count} messages were not acknowledged and will be sent again.")]
    public static partial void DatabaseAway(this ILogger logger, int count, Exception? cause);

    [LoggerMessage(2202, LogLevel.Error, "A message of kind {Kind} could not be stored.")]
    public static partial void ItemRefused(this ILogger logger, string kind, Exception error);
}
