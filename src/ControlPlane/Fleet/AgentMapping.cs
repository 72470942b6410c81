using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Fleet;

/// <summary>Agents on the wire.</summary>
internal static class AgentMapping
{
    public static Wire.Agent ToWire(this Agent agent, AgentPresence? presence, List<long> running, DateTimeOffset silentSince, AgentCheck? check)
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
            DrainedUntil = agent.Desire is AgentDesire.Draining ? agent.DrainedUntil.ToWire() : null,
            DiskNote = presence?.DiskNote ?? "",
            Check = check?.CheckedAt is { } at ? ToWire(check, at) : null,
            System = agent.System,
            PackageSha256 = agent.Package,
            KeyChangedAt = Timestamp.FromDateTimeOffset(agent.KeyChangedAt),
        };
        wire.Labels.Add(LabelsJson.Parse(agent.Labels));
        wire.Running.AddRange(running);
        if (presence?.FreeBytes is { } free)
        {
            wire.FreeBytes = free;
        }

        return wire;
    }

    private static Wire.AgentCheck ToWire(AgentCheck check, DateTimeOffset at)
    {
        var wire = new Wire.AgentCheck { CheckedAt = Timestamp.FromDateTimeOffset(at), Ok = check.Ok };
        wire.Findings.AddRange(JsonSerializer.Deserialize<List<CheckFinding>>(check.Findings)!.Select(f => new Wire.AgentCheckFinding { Name = f.Name, Ok = f.Ok, Text = f.Text }));
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
