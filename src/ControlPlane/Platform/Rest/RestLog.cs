namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>All log lines of the REST mapping. Event ids 1100-1199.</summary>
internal static partial class RestLog
{
    [LoggerMessage(1100, LogLevel.Information, "Mapped {Count} REST paths")]
    public static partial void RoutesFound(this ILogger log, int count);

    [LoggerMessage(1101, LogLevel.Warning, "Cut the raw response of {Method} short: {Status} {Message}")]
    public static partial void RawResponseCut(this ILogger log, string method, string status, string message);
}
