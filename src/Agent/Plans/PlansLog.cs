using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>All log lines of the Plans folder. Event ids 3800-3899.</summary>
internal static partial class PlansLog
{
    [LoggerMessage(3800, LogLevel.Information, "Found assignment {Assignment} (epoch {Epoch}) in the journal with {Events} events; ended: {Ended}, begun: {Begun}.")]
    public static partial void AssignmentRestored(this ILogger logger, Guid assignment, long epoch, int events, bool ended, bool begun);

    [LoggerMessage(3801, LogLevel.Information, "The end of assignment {Assignment} is wanted: {Reason}")]
    public static partial void CancelWanted(this ILogger logger, Guid assignment, string reason);

    [LoggerMessage(3802, LogLevel.Error, "A record of assignment {Assignment} cannot be written yet, and is tried again: {Problem}")]
    public static partial void JournalFull(this ILogger logger, Guid assignment, string problem);

    [LoggerMessage(3803, LogLevel.Warning, "The control plane holds assignment {Assignment} (epoch {Epoch}) as given to this agent, which knows nothing of it.")]
    public static partial void UnknownHere(this ILogger logger, string assignment, long epoch);

    [LoggerMessage(3804, LogLevel.Information, "Declined assignment {Assignment}: {Reason}. {Text}")]
    public static partial void OfferDeclined(this ILogger logger, Guid assignment, string reason, string text);

    [LoggerMessage(3805, LogLevel.Warning, "{Message} named assignment {Assignment} (epoch {Epoch}), which is not here under that epoch.")]
    public static partial void NotHere(this ILogger logger, string message, string assignment, long epoch);

    [LoggerMessage(3806, LogLevel.Warning, "Assignment {Assignment} (epoch {Epoch}) is no longer this agent's; the valid epoch is {Current}. Nothing more is started for it.")]
    public static partial void AssignmentFenced(this ILogger logger, Guid assignment, long epoch, long current);

    [LoggerMessage(3807, LogLevel.Debug, "Assignment {Assignment}: {Order}; the control plane has events up to {LastSeq}.")]
    public static partial void Reconciled(this ILogger logger, Guid assignment, AssignmentOrder order, long lastSeq);

    [LoggerMessage(3808, LogLevel.Information, "Plan {Assignment} of run {RunId} began with {Steps} steps.")]
    public static partial void PlanBegan(this ILogger logger, Guid assignment, long runId, int steps);

    [LoggerMessage(3809, LogLevel.Information, "Plan {Assignment} ended: {Status}, {Verdict}. {Error}")]
    public static partial void PlanEnded(this ILogger logger, Guid assignment, RunStatus status, Verdict verdict, string error);

    [LoggerMessage(3810, LogLevel.Error, "Plan {Assignment} failed for a reason of Orbit's own.")]
    public static partial void PlanBroke(this ILogger logger, Guid assignment, Exception cause);

    [LoggerMessage(3812, LogLevel.Warning, "Changed by hand: {What}")]
    public static partial void ServiceChanged(this ILogger logger, string what);

    [LoggerMessage(3813, LogLevel.Information, "{Service} is again what {Build} installed.")]
    public static partial void ServiceAsInstalled(this ILogger logger, string service, string build);

    [LoggerMessage(3811, LogLevel.Information, "Plan {Assignment} goes on after a restart of the agent at step {Step}.")]
    public static partial void PlanResumed(this ILogger logger, Guid assignment, string step);

    [LoggerMessage(3814, LogLevel.Warning, "It could not be noted that {Assignment} was carried out: {Reason}. Only a control plane with an older database could ask for it again.")]
    public static partial void NotNoted(this ILogger logger, Guid assignment, string reason);
}
