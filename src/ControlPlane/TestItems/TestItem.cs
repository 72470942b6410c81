using System.Text.Json;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.TestItems;

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
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Counts changes; a save over a newer one is refused and done again.</summary>
    public int Revision { get; private set; }

    /// <summary>The glob that chooses the package.</summary>
    public string EffectivePattern => PackagePattern.Length > 0 ? PackagePattern : $"*{GlobRule.Literal(Name)}*";

    /// <summary>Labels as pairs.</summary>
    public IReadOnlyDictionary<string, string> LabelPairs => JsonSerializer.Deserialize<Dictionary<string, string>>(Labels)!;

    /// <summary>Replaces everything.</summary>
    public void Take(TestItemFacts facts, long parameterSetId, DateTimeOffset now)
    {
        (Name, JobName, ParameterSetId, Labels, PackagePattern) =
            (facts.Name, facts.JobName, parameterSetId, JsonSerializer.Serialize(facts.Labels), facts.PackagePattern);
        (Enabled, UpdatedAt, Revision) = (facts.Enabled ?? Enabled, now, Revision + 1);
    }
}
