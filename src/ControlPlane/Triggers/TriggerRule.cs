using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Triggers;

/// <summary>What sets a rule off.</summary>
internal enum TriggerKind
{
    /// <summary>CI announced a build of the item's job.</summary>
    NewBuild,

    /// <summary>Another build of the item's job was selected.</summary>
    Selection,

    /// <summary>A time of a schedule has come.</summary>
    Schedule,
}

/// <summary>Triggers a test item without a person.</summary>
internal sealed class TriggerRule
{
    private TriggerRule() { } // EF Core

    public TriggerRule(long testItemId, TriggerRuleFacts facts, string by, DateTimeOffset now)
    {
        (TestItemId, CreatedBy, CreatedAt) = (testItemId, by, now);
        Take(facts, now);
    }

    public long Id { get; private set; }
    public long TestItemId { get; private set; }
    public TriggerKind Kind { get; private set; }

    /// <summary>Cron expression; empty unless it is a schedule.</summary>
    public string Cron { get; private set; } = "";

    /// <summary>IANA name; empty unless it is a schedule.</summary>
    public string TimeZone { get; private set; } = "";

    public bool Enabled { get; private set; } = true;
    public int Priority { get; private set; }

    /// <summary>When a schedule is due; null when it never is. Kept in the database, so that a restart neither loses nor repeats a firing.</summary>
    public DateTimeOffset? NextAt { get; private set; }

    public DateTimeOffset? LastFiredAt { get; private set; }
    public long? LastRunId { get; private set; }
    public string LastError { get; private set; } = "";
    public string CreatedBy { get; private set; } = "";
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Counts changes. Two replicas that both find a schedule due cannot both save it.</summary>
    public int Revision { get; private set; }

    /// <summary>Who its runs say asked for them.</summary>
    public string Name => $"rule {Id}";

    /// <summary>Replaces everything; a schedule begins anew from now.</summary>
    public void Take(TriggerRuleFacts facts, DateTimeOffset now)
    {
        (Kind, Cron, TimeZone, Priority, Enabled) = (facts.Kind, facts.Cron, facts.TimeZone, facts.Priority, facts.Enabled ?? Enabled);
        NextAt = Enabled ? facts.Schedule?.After(now) : null;
        Revision++;
    }

    /// <summary>Takes one occurrence that is due. What was missed while no server ran is made up by this one.</summary>
    /// <returns>The time it was due at; null when another replica took it.</returns>
    public DateTimeOffset? TakeDue(DateTimeOffset now)
    {
        if (!Enabled || NextAt is not { } due || due > now)
        {
            return null;
        }

        (NextAt, Revision) = (Schedule.Parse(Cron, TimeZone).After(now), Revision + 1);
        return due;
    }

    /// <summary>Remembers what came of a firing.</summary>
    public void Fired(long? runId, string error, DateTimeOffset now) =>
        (LastFiredAt, LastRunId, LastError, Revision) = (now, runId ?? LastRunId, error, Revision + 1);
}

/// <summary>One occurrence that makes one run. Its key is unique for its rule, so that no occurrence counts twice.</summary>
internal sealed class TriggerFiring
{
    public long Id { get; private set; }
    public long RuleId { get; init; }

    /// <summary><c>build:ID</c>, <c>selection:ID</c> or <c>at:TIME</c>; the run's idempotency key.</summary>
    public string Key { get; init; } = "";

    /// <summary>The build to test; null: the selected one.</summary>
    public long? BuildId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is to be tried; null once it is done.</summary>
    public DateTimeOffset? NextTryAt { get; set; }
}

/// <summary>How far a pass has read.</summary>
internal sealed class TriggerCursor
{
    /// <summary><c>builds</c> (positions of the feed) or <c>selections</c> (ids of changes).</summary>
    public string Name { get; init; } = "";

    public long Position { get; set; }
}
