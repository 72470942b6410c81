using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Policy;

/// <summary>All log lines of the policy. Event ids 3300-3399.</summary>
internal static partial class PolicyLog
{
    [LoggerMessage(3301, LogLevel.Information, "This host ({Host}) allows the directories {Roots} and {Commands} command patterns; steps run as {User}.")]
    public static partial void PolicyInForce(this ILogger logger, string host, string roots, int commands, string user);

    [LoggerMessage(3302, LogLevel.Warning, "Steps run as the agent's own user {User}, so a tested package can read the agent's key in {DataDirectory}. Name another user as run_as in the policy file.")]
    public static partial void StepsShareTheAgentsUser(this ILogger logger, string user, string dataDirectory);
}
