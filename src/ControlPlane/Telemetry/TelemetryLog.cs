namespace Orbit.ControlPlane.Telemetry;

/// <summary>All log lines of the Telemetry folder. Event ids 3600-3699.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(3601, LogLevel.Warning, "Run {Run} could not be told as a trace.")]
    public static partial void TraceMissed(this ILogger logger, long run, Exception error);

    [LoggerMessage(3602, LogLevel.Information, "Traces and figures go to {Collector}.")]
    public static partial void SendingTo(this ILogger logger, string collector);
}
