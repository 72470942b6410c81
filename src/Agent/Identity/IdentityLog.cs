using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Identity;

/// <summary>All log lines of the Identity folder. Event ids 3050-3099.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(3050, LogLevel.Information, "Made the key of this host: {Path}.")]
    public static partial void KeyMade(this ILogger logger, string path);

    [LoggerMessage(3051, LogLevel.Information, "Enrolled as agent {AgentId} ({Name}) at control plane {ServerId}.")]
    public static partial void Enrolled(this ILogger logger, long agentId, string name, string serverId);

    [LoggerMessage(3052, LogLevel.Information, "This host is enrolled as agent {AgentId} ({Name}); the join token that was given is not needed and was not used.")]
    public static partial void TokenNotNeeded(this ILogger logger, long agentId, string name);
}
