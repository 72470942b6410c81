namespace Orbit.ControlPlane.Gates;

/// <summary>All log lines of the Gates folder. Event ids 2850-2899.</summary>
internal static partial class GateLog
{
    [LoggerMessage(2850, LogLevel.Warning, "The gate of run {RunId}, attempt {Attempt}, could not begin its batch: {Problem}")]
    public static partial void GateBroken(this ILogger logger, long runId, int attempt, string problem);
}
