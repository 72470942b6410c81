using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>The whole fleet and all locks as they were at one moment: what a pass decides on, and what it tells those who wait.</summary>
internal sealed class FleetView
{
    private readonly Dictionary<(string Host, string Service), long?> _locks;
    private readonly List<Member> _members;

    private FleetView(List<Member> members, Dictionary<(string Host, string Service), long?> locks) => (_members, _locks) = (members, locks);

    /// <summary>Reads agents and locks. An agent that was silent since before the given time is out of contact.</summary>
    public static async Task<FleetView> ReadAsync(OrbitDbContext database, DateTimeOffset silentSince, CancellationToken ct)
    {
        List<ServiceLock> locks = await database.ServiceLocks.ToListAsync(ct);
        List<Agent> agents = await database.Agents.ToListAsync(ct);
        List<long> present = await database.AgentPresence.Where(p => p.Connected && p.LastSeenAt > silentSince).Select(p => p.AgentId).ToListAsync(ct);
        return new(
            [.. agents.Select(a => new Member(a.Name, a.Host, LabelsJson.Parse(a.Labels), present.Contains(a.Id), a.Desire is AgentDesire.Active))],
            locks.ToDictionary(l => (l.Host, l.Service), l => l.RunId));
    }

    /// <summary>True when no item holds the service on the host.</summary>
    public bool IsFree(string host, string service) => service.Length == 0 || !_locks.ContainsKey((host, service));

    /// <summary>Remembers a hand-out of this very pass.</summary>
    public void Take(string host, WorkItem item)
    {
        if (item.Service.Length > 0)
        {
            _locks[(host, item.Service)] = item.RunId;
        }
    }

    /// <summary>Why an item was not handed out, in words for the person who waits.</summary>
    public string WhyWaiting(WorkItem item, Dictionary<string, string> labels)
    {
        if (_members.Count == 0)
        {
            return "waits for an agent: none has joined";
        }

        List<Member> fitting = [.. _members.Where(m => (item.OnlyAgent is null || item.OnlyAgent == m.Name) && m.Labels.Covers(labels))];
        if (fitting.Count == 0)
        {
            string wanted = item.OnlyAgent is { } only ? $"agent {only}" : "an agent with " + string.Join(", ", labels.Select(l => $"{l.Key}={l.Value}"));
            return $"waits for {wanted}: there is none";
        }

        List<Member> connected = [.. fitting.Where(m => m.Connected)];
        if (connected.Count == 0)
        {
            return $"waits for {Names(fitting)}: not connected";
        }

        List<Member> active = [.. connected.Where(m => m.Active)];
        if (active.Count == 0)
        {
            return $"waits for {Names(connected)}: takes no work now";
        }

        Member? locked = active.Find(m => !IsFree(m.Host, item.Service));
        return locked is null
            ? $"waits for a free slot on {Names(active)}"
            : $"waits for run {_locks[(locked.Host, item.Service)]} on host {locked.Host}";
    }

    private static string Names(List<Member> members) =>
        members.Count <= 3 ? string.Join(", ", members.Select(m => m.Name)) : $"{members.Count} agents";

    private sealed record Member(string Name, string Host, Dictionary<string, string> Labels, bool Connected, bool Active);
}
