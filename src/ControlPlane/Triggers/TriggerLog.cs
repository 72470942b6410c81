namespace Orbit.ControlPlane.Triggers;

/// <summary>All log lines of the Triggers folder. Event ids 2650-2699.</summary>
internal static partial class TriggerLog
{
    [LoggerMessage(2650, LogLevel.Information, "Rule {RuleId} made run {RunId} of {Occurrence}.")]
    public static partial void RuleFired(this ILogger logger, long ruleId, string occurrence, long runId);

    [LoggerMessage(2651, LogLevel.Warning, "Rule {RuleId} made no run of {Occurrence}: {Error}")]
    public static partial void RuleRefused(this ILogger logger, long ruleId, string occurrence, string error);
}
