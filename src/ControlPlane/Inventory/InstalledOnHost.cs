namespace Orbit.ControlPlane.Inventory;

/// <summary>A service that an agent has installed, as it last said.</summary>
internal sealed class InstalledOnHost
{
    public long AgentId { get; init; }
    public string Service { get; init; } = "";
    public string InstallDir { get; set; } = "";

    /// <summary>0: none of Orbit's.</summary>
    public long BuildId { get; set; }

    public string BuildName { get; set; } = "";
    public long RunId { get; set; }
    public string ManifestHash { get; set; } = "";
    public DateTimeOffset InstalledAt { get; set; }
    public bool Running { get; set; }

    /// <summary>Files that are not as the deployment left them.</summary>
    public int Changed { get; set; }

    public string ChangedText { get; set; } = "";

    /// <summary>Since when it is known; null when nothing was changed.</summary>
    public DateTimeOffset? ChangedSince { get; set; }

    public DateTimeOffset ReportedAt { get; set; }

    /// <summary>Takes what the agent says now.</summary>
    public void Take(InstalledOnHost said, DateTimeOffset now)
    {
        bool same = RunId == said.RunId && Changed > 0;
        (InstallDir, BuildId, BuildName, RunId) = (said.InstallDir, said.BuildId, said.BuildName, said.RunId);
        (ManifestHash, InstalledAt, Running) = (said.ManifestHash, said.InstalledAt, said.Running);
        (Changed, ChangedText, ReportedAt) = (said.Changed, said.ChangedText, now);
        ChangedSince = said.Changed == 0 ? null : same ? ChangedSince : now;
    }
}
