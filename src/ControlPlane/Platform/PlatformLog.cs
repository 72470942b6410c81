namespace Orbit.ControlPlane.Platform;

/// <summary>All log lines of the Platform folder. Event ids 1000-1099.</summary>
internal static partial class PlatformLog
{
    [LoggerMessage(1001, LogLevel.Error, "The call {Method} failed unexpectedly; incident {Incident}.")]
    public static partial void CallFailed(this ILogger logger, string method, string incident, Exception error);

    [LoggerMessage(1002, LogLevel.Error, "The periodic pass {Pass} failed; it runs again in {Pause}.")]
    public static partial void PassFailed(this ILogger logger, string pass, TimeSpan pause, Exception error);
}
