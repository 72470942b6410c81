using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>All log lines of the Steps folder. Event ids 3900-3999.</summary>
internal static partial class StepsLog
{
    [LoggerMessage(3900, LogLevel.Information, "Step {Step} of {Assignment} began.")]
    public static partial void StepBegan(this ILogger logger, Guid assignment, string step);

    [LoggerMessage(3901, LogLevel.Information, "Step {Step} of {Assignment} ended: {Status}. {Error}")]
    public static partial void StepEnded(this ILogger logger, Guid assignment, string step, StepStatus status, string error);

    [LoggerMessage(3902, LogLevel.Information, "Attached again to process {Process} of step {Step} of {Assignment}.")]
    public static partial void Reattached(this ILogger logger, Guid assignment, string step, string process);

    [LoggerMessage(3903, LogLevel.Error, "Step {Step} of {Assignment} failed for a reason of Orbit's own.")]
    public static partial void StepBroke(this ILogger logger, Guid assignment, string step, Exception cause);

    [LoggerMessage(3904, LogLevel.Warning, "{Left} processes of step {Step} of {Assignment} could not be ended.")]
    public static partial void ProcessesLeft(this ILogger logger, Guid assignment, string step, int left);
}
