using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Triggers;

/// <summary>Rules between the domain and the wire.</summary>
internal static class TriggerRuleMapping
{
    /// <summary>What a person says of a new rule.</summary>
    public static TriggerRuleFacts ToFacts(this Wire.CreateTriggerRuleRequest request) =>
        new(request.Kind.ToDomain(), request.Cron, request.TimeZone, request.HasEnabled ? request.Enabled : null, request.Priority);

    /// <summary>What a person says of a rule that is there.</summary>
    public static TriggerRuleFacts ToFacts(this Wire.UpdateTriggerRuleRequest request) =>
        new(request.Kind.ToDomain(), request.Cron, request.TimeZone, request.HasEnabled ? request.Enabled : null, request.Priority);

    /// <summary>A rule as people see it.</summary>
    public static Wire.TriggerRule ToWire(this TriggerRule rule) => new()
    {
        Id = rule.Id,
        TestItemId = rule.TestItemId,
        Kind = (Wire.TriggerKind)((int)rule.Kind + 1),
        Cron = rule.Cron,
        TimeZone = rule.TimeZone,
        Enabled = rule.Enabled,
        Priority = rule.Priority,
        NextAt = rule.NextAt.ToWire(),
        LastFiredAt = rule.LastFiredAt.ToWire(),
        LastRunId = rule.LastRunId ?? 0,
        LastError = rule.LastError,
        CreatedBy = rule.CreatedBy,
        CreatedAt = rule.CreatedAt.ToWire(),
    };

    private static TriggerKind ToDomain(this Wire.TriggerKind kind) => kind switch
    {
        Wire.TriggerKind.NewBuild => TriggerKind.NewBuild,
        Wire.TriggerKind.Selection => TriggerKind.Selection,
        Wire.TriggerKind.Schedule => TriggerKind.Schedule,
        _ => throw TriggerRuleFacts.Invalid(new() { ["kind"] = "must be NEW_BUILD, SELECTION or SCHEDULE" }),
    };
}
