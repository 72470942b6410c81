namespace Orbit.ControlPlane.Care;

/// <summary>All log lines of the Care folder. Event ids 3400-3449.</summary>
internal static partial class CareLog
{
    [LoggerMessage(3400, LogLevel.Information, "Agent {Agent} takes work again: its draining is over.")]
    public static partial void DrainEnded(this ILogger logger, string agent);

    [LoggerMessage(3401, LogLevel.Warning, "Agent {Agent} gets no more work: {Note}")]
    public static partial void HostQuarantined(this ILogger logger, string agent, string note);

    [LoggerMessage(3402, LogLevel.Warning, "The host of agent {Agent} is not well: {Findings}")]
    public static partial void HostNotWell(this ILogger logger, string agent, string findings);
}
