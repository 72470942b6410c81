using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Upgrades;

/// <summary>All log lines of the Upgrades folder. Event ids 3250-3299.</summary>
internal static partial class UpgradeLog
{
    [LoggerMessage(3250, LogLevel.Information, "The control plane wants version {Version}: upgrade {Upgrade}, attempt {Attempt}.")]
    public static partial void UpgradeWanted(this ILogger logger, string version, long upgrade, int attempt);

    [LoggerMessage(3251, LogLevel.Information, "Version {Version} is unpacked and runs on this host; the agent hands over to it.")]
    public static partial void HandsOver(this ILogger logger, string version);

    [LoggerMessage(3252, LogLevel.Error, "The upgrade to {Version} failed; this agent goes on. {Problem}")]
    public static partial void UpgradeFailed(this ILogger logger, string version, string problem);

    [LoggerMessage(3253, LogLevel.Warning, "The package could not be fetched: {Problem} Next attempt in {Wait}.")]
    public static partial void FetchFailed(this ILogger logger, string problem, TimeSpan wait);
}
