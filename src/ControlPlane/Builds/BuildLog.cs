namespace Orbit.ControlPlane.Builds;

/// <summary>All log lines of the Builds folder. Event ids 2000-2049.</summary>
internal static partial class BuildLog
{
    [LoggerMessage(2000, LogLevel.Information, "CI announced build {BuildId}: {JobName} #{BuildNumber}.")]
    public static partial void BuildAnnounced(this ILogger logger, long buildId, string jobName, string buildNumber);

    [LoggerMessage(2001, LogLevel.Warning, "Searching builds by text reads all of them: the index could not be made ({Why}). Let the owner of the database run CREATE EXTENSION pg_trgm.")]
    public static partial void SearchIndexMissing(this ILogger logger, string why);
}
