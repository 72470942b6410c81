namespace Orbit.ControlPlane.JobVersions;

/// <summary>All log lines of the JobVersions folder. Event ids 2050-2099.</summary>
internal static partial class JobVersionLog
{
    [LoggerMessage(2050, LogLevel.Information, "Build {BuildId} was selected for job {JobName} by {SelectedBy}.")]
    public static partial void VersionSelected(this ILogger logger, long buildId, string jobName, string selectedBy);
}
