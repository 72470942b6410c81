using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Triggers;

/// <summary>What a person says of a rule.</summary>
/// <param name="Kind">What sets it off; null when the caller named none.</param>
/// <param name="GivenCron">Cron expression.</param>
/// <param name="GivenTimeZone">IANA name; empty: UTC.</param>
/// <param name="Enabled">Null keeps what is; true for a new rule.</param>
/// <param name="Priority">-100 to 100.</param>
internal sealed record TriggerRuleFacts(TriggerKind Kind, string GivenCron, string GivenTimeZone, bool? Enabled, int Priority)
{
    private const int MostPriority = 100;

    /// <summary>The schedule; null unless it is one.</summary>
    public Schedule? Schedule { get; private init; }

    /// <summary>As it is stored.</summary>
    public string Cron => Kind is TriggerKind.Schedule ? GivenCron : "";

    /// <summary>As it is stored.</summary>
    public string TimeZone => Kind is not TriggerKind.Schedule ? "" : GivenTimeZone.Length == 0 ? "UTC" : GivenTimeZone;

    /// <summary>Refuses what could never fire.</summary>
    /// <exception cref="OrbitException">TRIGGER_RULE_INVALID, whose details name every wrong field.</exception>
    public TriggerRuleFacts Check(DateTimeOffset now)
    {
        var problems = new Dictionary<string, string>();
        Schedule? schedule = null;
        if (Kind is TriggerKind.Schedule)
        {
            schedule = Schedule.TryParse(GivenCron, GivenTimeZone, problems);
            if (schedule is not null && schedule.After(now) is null)
            {
                problems["cron"] = "never comes again";
            }
        }
        else if (GivenCron.Length > 0 || GivenTimeZone.Length > 0)
        {
            problems["cron"] = "and time_zone are for schedules alone";
        }

        if (Math.Abs((long)Priority) > MostPriority)
        {
            problems["priority"] = $"must be from -{MostPriority} to {MostPriority}";
        }

        return problems.Count == 0
            ? this with { Schedule = schedule }
            : throw Invalid(problems);
    }

    /// <summary>The refusal of a rule.</summary>
    public static OrbitException Invalid(Dictionary<string, string> problems) =>
        new(Refusal.Invalid, "TRIGGER_RULE_INVALID", $"The rule is not valid: {string.Join("; ", problems.Select(p => $"{p.Key} {p.Value}"))}.") { Details = problems };
}
