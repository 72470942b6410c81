using Orbit.ControlPlane.Outbox;

namespace Orbit.ControlPlane.Notifications;

/// <summary>All log lines of the Notifications folder. Event ids 2600-2649.</summary>
internal static partial class NotificationLog
{
    [LoggerMessage(2600, LogLevel.Warning, "Delivery {Id} ({Kind}) was not taken at try {Try}: {Error}")]
    public static partial void NotDelivered(this ILogger logger, Guid id, DeliveryKind kind, int @try, string error);

    [LoggerMessage(2601, LogLevel.Information, "The end of run {RunId} is told to {Count}.")]
    public static partial void RunTold(this ILogger logger, long runId, int count);
}
