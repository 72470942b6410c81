using System.Text.Json;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.TestItems;

/// <summary>When somebody is told how a run ended.</summary>
internal enum NotifyRule
{
    /// <summary>At every end.</summary>
    Always,

    /// <summary>When the verdict is not passed.</summary>
    OnFailure,

    /// <summary>When the verdict differs from that of the item's run before, or there is none before.</summary>
    OnChange,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>When the version before is put back, where the item says so itself.</summary>
internal enum RollbackWish
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>When a step from replace to health failed.</summary>
    OnDeployFailure,

    /// <summary>Also when tests failed or could not be run.</summary>
    OnAnyFailure,
}

/// <summary>Somebody who is told about an item's runs, whoever triggered them.</summary>
/// <param name="Address">E-mail address.</param>
/// <param name="Rule">When.</param>
/// <param name="Language"><c>en</c> or <c>zh</c>; empty: the person's own choice, else the server's.</param>
internal sealed record NotifyEntry(string Address, NotifyRule Rule, string Language);

/// <summary>What decides about a deployed version. A copy of it stays with every run.</summary>
/// <param name="Owner">Who made it.</param>
/// <param name="EvenIfTestsFailed">True: it also begins when tests of the deploy test failed.</param>
/// <param name="Batch">What to run, as JSON; only the slice of gates reads it.</param>
/// <param name="UpdatedAt">When it was made.</param>
internal sealed record ItemGate(string Owner, bool EvenIfTestsFailed, string Batch, DateTimeOffset UpdatedAt)
{
    /// <summary>The gate of an item or a run; null for none.</summary>
    public static ItemGate? Read(string json) => json.Length == 0 ? null : JsonSerializer.Deserialize<ItemGate>(json);
}

/// <summary>What a person can trigger: the builds of a job, tested with a parameter set on agents that carry its labels.</summary>
internal sealed class TestItem
{
    private TestItem() { } // EF Core

    public TestItem(TestItemFacts facts, long parameterSetId, DateTimeOffset now)
    {
        CreatedAt = now;
        Take(facts, parameterSetId, now);
    }

    public long Id { get; private set; }

    /// <summary>Unique; usually the service's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Empty for a set that needs no package.</summary>
    public string JobName { get; private set; } = "";

    public long ParameterSetId { get; private set; }

    /// <summary>JSON object of texts: an agent must carry all of these.</summary>
    public string Labels { get; private set; } = "{}";

    /// <summary>Glob over file names; empty: the item's name anywhere in it.</summary>
    public string PackagePattern { get; private set; } = "";

    public bool Enabled { get; private set; } = true;

    /// <summary>JSON array of texts: agents that may run it; empty: any with the labels.</summary>
    public string Agents { get; private set; } = "[]";

    /// <summary>JSON array of <see cref="NotifyEntry"/>.</summary>
    public string Notify { get; private set; } = "[]";

    /// <summary>Instead of what the parameter set says; null: as it says.</summary>
    public RollbackWish? Rollback { get; private set; }

    /// <summary>Most of its runs under way on one host at a time; 0: no limit of its own.</summary>
    public int Concurrency { get; private set; }

    /// <summary>True: a newer waiting run of it cancels its older waiting ones.</summary>
    public bool NewestOnly { get; private set; }

    /// <summary>JSON of an <see cref="ItemGate"/>; empty for none.</summary>
    public string Gate { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Counts changes; a save over a newer one is refused and done again.</summary>
    public int Revision { get; private set; }

    /// <summary>The glob that chooses the package.</summary>
    public string EffectivePattern => PackagePattern.Length > 0 ? PackagePattern : $"*{GlobRule.Literal(Name)}*";

    /// <summary>Labels as pairs.</summary>
    public IReadOnlyDictionary<string, string> LabelPairs => JsonSerializer.Deserialize<Dictionary<string, string>>(Labels)!;

    /// <summary>Names of the agents that may run it; none: any with the labels.</summary>
    public IReadOnlyList<string> AgentNames => JsonSerializer.Deserialize<List<string>>(Agents)!;

    /// <summary>Who is told of its runs.</summary>
    public IReadOnlyList<NotifyEntry> NotifyList => JsonSerializer.Deserialize<List<NotifyEntry>>(Notify)!;

    /// <summary>Gives it a gate; null takes the one that it had.</summary>
    public void TakeGate(ItemGate? gate) => (Gate, Revision) = (gate is null ? "" : JsonSerializer.Serialize(gate), Revision + 1);

    /// <summary>Replaces everything but the gate, which is changed by itself.</summary>
    public void Take(TestItemFacts facts, long parameterSetId, DateTimeOffset now)
    {
        (Name, JobName, ParameterSetId, Labels, PackagePattern) =
            (facts.Name, facts.JobName, parameterSetId, JsonSerializer.Serialize(facts.Labels), facts.PackagePattern);
        (Agents, Notify) = (JsonSerializer.Serialize(facts.Agents), JsonSerializer.Serialize(facts.Notify));
        (Rollback, Concurrency, NewestOnly) = (facts.Rollback, facts.Concurrency, facts.NewestOnly);
        (Enabled, UpdatedAt, Revision) = (facts.Enabled ?? Enabled, now, Revision + 1);
    }
}
