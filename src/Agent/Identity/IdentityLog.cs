using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Identity;

/// <summary>All log lines of the Identity folder. Event ids 3050-3099.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(3050, LogLevel.Information, "Made the key of this host: {Path}.")]
    public static partial void KeyMade(this ILogger logger, string path);

    [LoggerMessage(3051, LogLevel.Information, "Enrolled as agent {AgentId} ({Name}) at control plane {ServerId}.")]
    public static partial void Enrolled(this ILogger logger, long agentId, string name, string serverId);

    [LoggerMessage(3053, LogLevel.Error, "The control plane does not take this agent's key, and the join token that was given is worth nothing: {Text} Make a new one (orbit agent join).")]
    public static partial void RejoinRefused(this ILogger logger, string text);

    [LoggerMessage(3054, LogLevel.Information, "This agent has a new key; it is used from the next session on.")]
    public static partial void KeyExchanged(this ILogger logger);

    [LoggerMessage(3055, LogLevel.Warning, "{Path} cannot be written, so it does not tell that this agent is online: {Text}")]
    public static partial void ConnectedNotTold(this ILogger logger, string path, string text);

    [LoggerMessage(3052, LogLevel.Information, "This host is enrolled as agent {AgentId} ({Name}); the join token that was given is not needed and was not used.")]
    public static partial void TokenNotNeeded(this ILogger logger, long agentId, string name);
}
