namespace Orbit.ControlPlane.Builds;

/// <summary>All log lines of the Builds folder. Event ids 2000-2049.</summary>
internal static partial class BuildLog
{
    [LoggerMessage(2000, LogLevel.Information, "CI announced build {BuildId}: {JobName} #{BuildNumber}.")]
    public static partial void BuildAnnounced(this ILogger logger, long buildId, string jobName, string buildNumber);
}
