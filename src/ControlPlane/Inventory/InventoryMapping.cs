using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Inventory;

/// <summary>The inventory between the domain and the wire.</summary>
internal static class InventoryMapping
{
    public static InstalledOnHost ToInstalled(this Wire.InstalledService said, long agentId) => new()
    {
        AgentId = agentId,
        Service = said.Service,
        InstallDir = said.InstallDir,
        BuildId = said.BuildId,
        BuildName = said.BuildName,
        RunId = said.RunId,
        ManifestHash = said.ManifestHash,
        InstalledAt = said.InstalledAt.ToTime("installed_at") ?? DateTimeOffset.UnixEpoch,
        Running = said.Running,
        Changed = Math.Max(0, said.Changed),
        ChangedText = said.ChangedText,
    };

    public static Wire.InventoryEntry ToWire(this InventoryRow row) => new()
    {
        Agent = row.Agent,
        Host = row.Host,
        Service = row.Installed.Service,
        InstallDir = row.Installed.InstallDir,
        BuildId = row.Installed.BuildId,
        BuildName = row.Installed.BuildName,
        RunId = row.Installed.RunId,
        DeployedBy = row.DeployedBy,
        InstalledAt = row.Installed.InstalledAt.ToWire(),
        ManifestHash = row.Installed.ManifestHash,
        Running = row.Installed.Running,
        Changed = row.Installed.Changed,
        ChangedText = row.Installed.ChangedText,
        ChangedSince = row.Installed.ChangedSince?.ToWire(),
        ReportedAt = row.Installed.ReportedAt.ToWire(),
    };
}
