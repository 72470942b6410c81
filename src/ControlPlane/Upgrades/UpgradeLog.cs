namespace Orbit.ControlPlane.Upgrades;

/// <summary>All log lines of the Upgrades folder. Event ids 3200-3249.</summary>
internal static partial class UpgradeLog
{
    [LoggerMessage(3200, LogLevel.Information, "Upgrade {Upgrade} of agents to {Version} began by itself.")]
    public static partial void UpgradeBegun(this ILogger logger, long upgrade, string version);

    [LoggerMessage(3201, LogLevel.Warning, "Upgrade {Upgrade} of agents to {Version} halted: {Reason}")]
    public static partial void UpgradeHalted(this ILogger logger, long upgrade, string version, string reason);

    [LoggerMessage(3202, LogLevel.Information, "Upgrade {Upgrade} of agents to {Version} is complete; {Agents} agents run it.")]
    public static partial void UpgradeCompleted(this ILogger logger, long upgrade, string version, int agents);

    [LoggerMessage(3203, LogLevel.Warning, "Agent {Agent} was not upgraded: {Problem}")]
    public static partial void AgentWentBack(this ILogger logger, string agent, string problem);
}
