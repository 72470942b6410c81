using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Bookings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>The whole fleet, all locks and bookings as they were at one moment: what a pass decides on, and what it tells those who wait.</summary>
internal sealed class FleetView
{
    private readonly Dictionary<(string Host, string Service), long?> _locks;
    private readonly List<Member> _members;
    private readonly List<Booking> _bookings;

    private FleetView(List<Member> members, Dictionary<(string Host, string Service), long?> locks, List<Booking> bookings) =>
        (_members, _locks, _bookings) = (members, locks, bookings);

    /// <summary>Reads agents, locks and bookings. An agent that was silent for the given time is out of contact.</summary>
    public static async Task<FleetView> ReadAsync(OrbitDbContext database, DateTimeOffset now, TimeSpan silence, CancellationToken ct)
    {
        DateTimeOffset silentSince = now - silence;
        List<ServiceLock> locks = await database.ServiceLocks.ToListAsync(ct);
        List<Agent> agents = await database.Agents.ToListAsync(ct);
        Dictionary<long, string> present = await database.AgentPresence.Where(p => p.Connected && p.LastSeenAt > silentSince).ToDictionaryAsync(p => p.AgentId, p => p.DiskNote, ct);
        return new(
            [.. agents.Select(a => new Member(
                a.Name, a.Host, LabelsJson.Parse(a.Labels), present.ContainsKey(a.Id), a.Desire is AgentDesire.Active, present.GetValueOrDefault(a.Id, "")))],
            locks.ToDictionary(l => (l.Host, l.Service), l => l.RunId),
            await database.Bookings.ActiveAsync(now, ct));
    }

    /// <summary>True when no other item, no limit of its test item and no booking keeps the item from the host.</summary>
    public bool IsFree(string host, WorkItem item) => !IsLocked(host, item.Service) && FreePlace(host, item) is not null && BookingInTheWay(host, item) is null;

    /// <summary>Remembers a hand-out of this very pass.</summary>
    public void Take(string host, WorkItem item)
    {
        if (item.Service.Length > 0)
        {
            _locks[(host, item.Service)] = item.RunId;
        }

        if (FreePlace(host, item) is { Length: > 0 } place)
        {
            _locks[(host, place)] = item.RunId;
        }
    }

    /// <summary>Why an item was not handed out, in words for the person who waits.</summary>
    public string WhyWaiting(WorkItem item, Wanted wanted)
    {
        if (_members.Count == 0)
        {
            return "waits for an agent: none has joined";
        }

        List<Member> fitting = [.. _members.Where(m => wanted.Fits(m.Name, m.Labels))];
        if (fitting.Count == 0)
        {
            return $"waits for {wanted.InWords()}: there is none";
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

        List<Member> roomy = item.Kind is WorkKind.Run ? [.. active.Where(m => m.DiskNote.Length == 0)] : active;
        if (roomy.Count == 0)
        {
            return $"waits for disk space on {active[0].Name}: {active[0].DiskNote}";
        }

        // Where one host is free the slot is what is missing; else the first that can become free by itself is told.
        return roomy.Exists(m => IsFree(m.Host, item))
            ? $"waits for a free slot on {Names([.. roomy.Where(m => IsFree(m.Host, item))])}"
            : roomy.Select(m => WhyNot(m.Host, item)).First();
    }

    private string WhyNot(string host, WorkItem item) =>
        IsLocked(host, item.Service) ? $"waits for run {_locks[(host, item.Service)]} on host {host}"
        : BookingInTheWay(host, item) is { } booking ? $"waits for {InWords(booking)}"
        : $"waits for one of {item.Concurrency} runs of the same test item on host {host}";

    private static string InWords(Booking booking)
    {
        string what = booking.Service.Length == 0 ? $"host {booking.Host}" : $"service {booking.Service} on host {booking.Host}";
        string until = booking.EndsAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return $"{what}, booked by {booking.BookedBy} until {until} UTC{(booking.Note.Length == 0 ? "" : $": {booking.Note}")}";
    }

    private bool IsLocked(string host, string service) => service.Length > 0 && _locks.ContainsKey((host, service));

    private Booking? BookingInTheWay(string host, WorkItem item) => item.Owner is { } owner ? _bookings.Find(b => b.Keeps(host, item.Service, owner)) : null;

    /// <summary>The lock name of a free place of the item's test item; empty: it needs none; null: there is none.</summary>
    private string? FreePlace(string host, WorkItem item) =>
        item is { Concurrency: > 0 and { } most, TestItemId: { } id }
            ? Enumerable.Range(1, most).Select(n => ServiceLock.PlaceOf(id, n)).FirstOrDefault(place => !_locks.ContainsKey((host, place)))
            : "";

    private static string Names(List<Member> members) =>
        members.Count <= 3 ? string.Join(", ", members.Select(m => m.Name)) : $"{members.Count} agents";

    private sealed record Member(string Name, string Host, Dictionary<string, string> Labels, bool Connected, bool Active, string DiskNote);
}
