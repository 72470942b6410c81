using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Install;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Upgrades;

/// <summary>Upgrades on the wire.</summary>
internal static class UpgradeMapping
{
    public static UpgradeWish ToWish(this Wire.StartAgentUpgradeRequest request) => new(
        request.Labels.Count == 0 ? null : request.Labels.ToDictionary(),
        request.HasCanaries ? request.Canaries : null,
        request.HasSharePercent ? request.SharePercent : null,
        request.HasPauseS ? request.PauseS : null);

    public static Wire.AgentPackage ToWire(this OfferedPackage package) =>
        new() { System = package.System, Version = package.Version, Sha256 = package.Sha256, Size = package.Size };

    public static Wire.AgentUpgrade ToWire(this UpgradeView view, bool withMembers = true)
    {
        AgentUpgrade upgrade = view.Upgrade;
        var wire = new Wire.AgentUpgrade
        {
            Id = upgrade.Id,
            Version = upgrade.Version,
            State = (Wire.AgentUpgradeState)(upgrade.State + 1),
            Stage = (Wire.AgentUpgradeStage)upgrade.Stage,
            Reason = upgrade.Reason,
            Canaries = upgrade.Canaries,
            SharePercent = upgrade.SharePercent,
            PauseS = upgrade.PauseSeconds,
            NextStageAt = upgrade.State is UpgradeState.Running && upgrade.StageDoneAt is { } done ? done.AddSeconds(upgrade.PauseSeconds).ToWire() : null,
            CreatedBy = upgrade.CreatedBy,
            CreatedAt = upgrade.CreatedAt.ToWire(),
            EndedAt = upgrade.EndedAt.ToWire(),
            Total = view.Members.Count,
            Upgraded = view.Members.Count(m => m.State is MemberState.Upgraded),
            Failed = view.Members.Count(m => m.State is MemberState.Failed),
        };
        wire.Labels.Add(LabelsJson.Parse(upgrade.Labels));
        if (withMembers)
        {
            wire.Members.AddRange(view.Members.OrderBy(m => m.Stage).ThenBy(m => m.Agent, StringComparer.Ordinal).Select(ToWire));
        }

        return wire;
    }

    private static Wire.AgentUpgradeMember ToWire(UpgradeMember member) => new()
    {
        AgentId = member.AgentId,
        Agent = member.Agent,
        Stage = (Wire.AgentUpgradeStage)member.Stage,
        State = (Wire.AgentUpgradeMemberState)(member.State + 1),
        FromVersion = member.FromVersion,
        ToVersion = member.ToVersion,
        Text = member.Text,
        ChangedAt = member.ChangedAt.ToWire(),
    };
}
