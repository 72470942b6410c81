using Microsoft.Extensions.Logging;

namespace Orbit.Agent;

/// <summary>Log lines of the daemon as a whole. Event ids 3040-3049.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(3040, LogLevel.Information, "orbit-agent {Version} begins: data in {Data}, {Slots} deploy and {ApiSlots} API slots.")]
    public static partial void Begins(this ILogger logger, string version, string data, int slots, int apiSlots);

    [LoggerMessage(3041, LogLevel.Information, "Told to stop: takes no more work and leaves; processes of running steps go on and are found again at the next start.")]
    public static partial void ToldToStop(this ILogger logger);

    [LoggerMessage(3042, LogLevel.Information, "Left.")]
    public static partial void Left(this ILogger logger);

    [LoggerMessage(3043, LogLevel.Critical, "The journal cannot be written: the agent ends, so that nothing happens that it could forget. {Problem}")]
    public static partial void JournalFailed(this ILogger logger, string problem);

    [LoggerMessage(3044, LogLevel.Critical, "{Part} ended by a defect; the agent ends.")]
    public static partial void PartFailed(this ILogger logger, string part, Exception cause);
}
