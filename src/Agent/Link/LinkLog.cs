using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Link;

/// <summary>All log lines of the Link folder. Event ids 3000-3039.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(3000, LogLevel.Information, "Connected to {Server} ({Instance}) as {Agent}, session {SessionEpoch}, protocol {Protocol}; {Open} open assignments.")]
    public static partial void Connected(this ILogger logger, Uri server, string instance, string agent, long sessionEpoch, int protocol, int open);

    [LoggerMessage(3001, LogLevel.Warning, "The session with {Server} ended: {Reason}. Next attempt in {Wait}.")]
    public static partial void Disconnected(this ILogger logger, Uri server, string reason, TimeSpan wait);

    [LoggerMessage(3002, LogLevel.Error, "Another copy of this agent is connected, with the same key: this one waits {Wait}. Copies need an enrolment and a data directory of their own.")]
    public static partial void Superseded(this ILogger logger, TimeSpan wait);

    [LoggerMessage(3003, LogLevel.Error, "The control plane refuses this agent: {Reason}: {Text} Next attempt in {Wait}.")]
    public static partial void RefusedByServer(this ILogger logger, string reason, string text, TimeSpan wait);

    [LoggerMessage(3004, LogLevel.Information, "The control plane is going away; coming back in {Wait}.")]
    public static partial void ServerDrains(this ILogger logger, TimeSpan wait);

    [LoggerMessage(3005, LogLevel.Information, "Draining: {Draining} (as an admin wants it).")]
    public static partial void DesiredState(this ILogger logger, bool draining);

    [LoggerMessage(3006, LogLevel.Warning, "The control plane refused event {Seq} of assignment {Assignment} for good: {Reason}: {Text}")]
    public static partial void EventRefused(this ILogger logger, string assignment, long seq, string reason, string text);

    [LoggerMessage(3007, LogLevel.Warning, "The control plane sent a message that this version does not know; it was passed over.")]
    public static partial void MessageUnknown(this ILogger logger);

    [LoggerMessage(3008, LogLevel.Error, "The server at {Server} is control plane {Found}, but this agent belongs to {Expected}; nothing was sent. Next attempt in {Wait}.")]
    public static partial void WrongServer(this ILogger logger, Uri server, string found, string expected, TimeSpan wait);

    [LoggerMessage(3009, LogLevel.Information, "Upload of {Assignment} {What} goes on at byte {Offset}.")]
    public static partial void UploadResumed(this ILogger logger, Guid assignment, string what, long offset);

    [LoggerMessage(3010, LogLevel.Warning, "The control plane refused {What} of assignment {Assignment} for good: {Reason}: {Text}")]
    public static partial void UploadRefused(this ILogger logger, string assignment, string what, string reason, string text);

    [LoggerMessage(3011, LogLevel.Warning, "The upload ended: {Reason}. Next attempt in {Wait}.")]
    public static partial void UploadBroken(this ILogger logger, string reason, TimeSpan wait);

    [LoggerMessage(3012, LogLevel.Warning, "{What} of assignment {Assignment} cannot be uploaded: {Problem}")]
    public static partial void UploadUnreadable(this ILogger logger, Guid assignment, string what, string problem);

    [LoggerMessage(3014, LogLevel.Information, "The control plane at {Server} has another authority; it is pinned instead of the one before.")]
    public static partial void AuthorityExchanged(this ILogger logger, Uri server);

    [LoggerMessage(3013, LogLevel.Warning, "Plain-text gRPC to {Server} was allowed by name; anybody on the way can read and change it.")]
    public static partial void PlaintextAllowed(this ILogger logger, Uri server);
}
