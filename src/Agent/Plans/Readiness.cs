using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Whether the host and those who steer it let work be taken, whatever the work.</summary>
internal sealed class Readiness
{
    private volatile bool _draining;
    private volatile bool _upgrading;

    /// <summary>An admin wants no more work to be taken.</summary>
    public bool Draining
    {
        get => _draining;
        set => _draining = value;
    }

    /// <summary>The agent is about to hand over to another program.</summary>
    public bool Upgrading
    {
        get => _upgrading;
        set => _upgrading = value;
    }

    /// <summary>Says why the host's disk is too full for a deploy test; null: it is not.</summary>
    public Func<string?> ShortOfSpace { get; init; } = static () => null;

    /// <summary>Why an offer is not taken; null: nothing is against it.</summary>
    public (string Reason, string Text)? WhyNot(Plan plan, bool leaving, bool journalHasRoom) =>
        leaving || Draining || Upgrading ? ("AGENT_DRAINING", "This agent takes no more work.")
        : !journalHasRoom ? ("AGENT_SHORT_OF_SPACE", "The disk of this host has no room for the agent's records.")
        : plan.WorkCase == Plan.WorkOneofCase.Deploy && ShortOfSpace() is { } full ? ("AGENT_SHORT_OF_SPACE", full)
        : null;
}
