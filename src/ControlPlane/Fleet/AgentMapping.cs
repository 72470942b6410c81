using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Agents;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Fleet;

/// <summary>Agents on the wire.</summary>
internal static class AgentMapping
{
    public static Wire.Agent ToWire(this Agent agent, AgentPresence? presence, List<long> running, DateTimeOffset silentSince)
    {
        var wire = new Wire.Agent
        {
            Id = agent.Id,
            Name = agent.Name,
            State = StateOf(agent, presence, silentSince),
            Version = agent.Version,
            LastSeenAt = presence is null ? null : Timestamp.FromDateTimeOffset(presence.LastSeenAt),
            Slots = agent.Slots,
            ApiSlots = agent.ApiSlots,
            Host = agent.Host,
            Platform = agent.Platform,
            RemoteAddress = presence?.RemoteAddress ?? "",
            CreatedAt = Timestamp.FromDateTimeOffset(agent.CreatedAt),
            Note = agent.Note,
            System = agent.System,
            PackageSha256 = agent.Package,
            KeyChangedAt = Timestamp.FromDateTimeOffset(agent.KeyChangedAt),
        };
        wire.Labels.Add(LabelsJson.Parse(agent.Labels));
        wire.Running.AddRange(running);
        return wire;
    }

    private static Wire.AgentState StateOf(Agent agent, AgentPresence? presence, DateTimeOffset silentSince) => agent.Desire switch
    {
        AgentDesire.Disabled => Wire.AgentState.Disabled,
        AgentDesire.Quarantined => Wire.AgentState.Quarantined,
        AgentDesire.Draining => Wire.AgentState.Draining,
        _ when presence is { Connected: true } && presence.LastSeenAt > silentSince => Wire.AgentState.Online,
        _ => Wire.AgentState.Offline,
    };
}
