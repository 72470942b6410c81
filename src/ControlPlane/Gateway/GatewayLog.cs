namespace Orbit.ControlPlane.Gateway;

/// <summary>All log lines of the Gateway folder. Event ids 2300-2399.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(2301, LogLevel.Information, "Agent {Agent} connected from {Remote}, session {Epoch}.")]
    public static partial void SessionOpened(this ILogger logger, string agent, long epoch, string remote);

    [LoggerMessage(2302, LogLevel.Information, "Session {Epoch} of agent {Agent} ended: {Reason}.")]
    public static partial void SessionEnded(this ILogger logger, string agent, long epoch, string reason);

    [LoggerMessage(2303, LogLevel.Warning, "The end of a session of agent {Agent} could not be stored; its silence will tell.")]
    public static partial void CloseNotStored(this ILogger logger, string agent, Exception? cause);
}
