namespace Orbit.ControlPlane.Upgrades;

/// <summary>How an upgrade as a whole is.</summary>
internal enum UpgradeState
{
    /// <summary>Goes on by itself.</summary>
    Running,

    /// <summary>Somebody paused it.</summary>
    Paused,

    /// <summary>An agent failed.</summary>
    Halted,

    /// <summary>Every agent has the version or was passed over.</summary>
    Completed,

    /// <summary>Somebody ended it.</summary>
    Aborted,
}

/// <summary>Which part of the agents is upgraded; later ones have greater values.</summary>
internal enum UpgradeStage
{
    /// <summary>The first few.</summary>
    Canary = 1,

    /// <summary>A share of all.</summary>
    Share = 2,

    /// <summary>The rest.</summary>
    All = 3,
}

/// <summary>How far one agent is.</summary>
internal enum MemberState
{
    /// <summary>Its turn has not come, or it is not connected.</summary>
    Waiting,

    /// <summary>It was told.</summary>
    Told,

    /// <summary>It runs the version.</summary>
    Upgraded,

    /// <summary>It runs what it ran before.</summary>
    Failed,

    /// <summary>It was passed over.</summary>
    Skipped,
}

/// <summary>An upgrade of agents, in stages. What it does next is in <see cref="UpgradeRules"/>.</summary>
internal sealed class AgentUpgrade
{
    public long Id { get; private set; }

    /// <summary>The version that agents get.</summary>
    public string Version { get; init; } = "";

    /// <summary>JSON object: SHA-256 of the archive by system.</summary>
    public string Packages { get; init; } = "{}";

    /// <summary>JSON object: only agents with all of these labels.</summary>
    public string Labels { get; init; } = "{}";

    /// <summary>Agents of the first stage.</summary>
    public int Canaries { get; init; }

    /// <summary>Share of all agents that is upgraded by the end of the second stage.</summary>
    public int SharePercent { get; init; }

    /// <summary>From the end of a stage to the next.</summary>
    public long PauseSeconds { get; init; }

    public UpgradeState State { get; set; }

    public UpgradeStage Stage { get; set; } = UpgradeStage.Canary;

    /// <summary>When the present stage was done; null before.</summary>
    public DateTimeOffset? StageDoneAt { get; set; }

    /// <summary>Why it halted or was ended.</summary>
    public string Reason { get; set; } = "";

    public string CreatedBy { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Counts changes, so that of two replicas one moves it.</summary>
    public int Revision { get; set; }

    /// <summary>True once nothing changes any more.</summary>
    public bool HasEnded => State is UpgradeState.Completed or UpgradeState.Aborted;
}

/// <summary>One agent of an upgrade.</summary>
internal sealed class UpgradeMember
{
    public long UpgradeId { get; set; }
    public long AgentId { get; init; }

    /// <summary>The agent's name, which stays when the agent is deleted.</summary>
    public string Agent { get; init; } = "";

    public UpgradeStage Stage { get; set; }
    public MemberState State { get; set; }

    /// <summary>Version that it ran when the upgrade began.</summary>
    public string FromVersion { get; init; } = "";

    /// <summary>Version that it said it runs once upgraded.</summary>
    public string ToVersion { get; set; } = "";

    /// <summary>SHA-256 of the archive it is to run.</summary>
    public string Package { get; init; } = "";

    /// <summary>What it does, or why it failed or was passed over.</summary>
    public string Text { get; set; } = "";

    /// <summary>Grows each time it is told.</summary>
    public int Attempt { get; set; }

    public DateTimeOffset? ToldAt { get; set; }
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Moves on.</summary>
    public void Move(MemberState state, string text, DateTimeOffset now) => (State, Text, ChangedAt) = (state, text, now);
}
