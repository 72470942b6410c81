using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Care;

/// <summary>All log lines of the Care folder. Event ids 3450-3499.</summary>
internal static partial class CareLog
{
    [LoggerMessage(3451, LogLevel.Warning, "How much space is free in {Directory} is unknown: {Cause}")]
    public static partial void FreeSpaceUnknown(this ILogger logger, string directory, string cause);

    [LoggerMessage(3452, LogLevel.Warning, "The host could not be looked at for {What}: {Cause}")]
    public static partial void LookFailed(this ILogger logger, string what, string cause);
}
