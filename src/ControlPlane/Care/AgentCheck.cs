namespace Orbit.ControlPlane.Care;

/// <summary>One thing that an agent looked at on its host.</summary>
internal sealed record CheckFinding(string Name, bool Ok, string Text);

/// <summary>What an agent found when it last looked at its host.</summary>
internal sealed class AgentCheck
{
    public long AgentId { get; init; }

    /// <summary>When somebody last asked for it; null: nobody did.</summary>
    public DateTimeOffset? AskedAt { get; set; }

    /// <summary>When it looked; null: it has not yet.</summary>
    public DateTimeOffset? CheckedAt { get; set; }

    public bool Ok { get; set; }

    /// <summary>JSON array of <see cref="CheckFinding"/>.</summary>
    public string Findings { get; set; } = "[]";
}
