using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>
/// Hands queued work to agents connected to this process, oldest rank first, and says of the rest why it waits. Woken by a new item, a
/// freed slot or lock, a connecting agent; a woken pass ends with the page in which the slots run out. Every five seconds a sweep looks at
/// the whole queue, which covers a lost wake-up, and makes unanswered offers again, or takes them back.
/// </summary>
internal sealed class Dispatcher(
    OrbitStore store, AgentSessions sessions, Placer placer, IEnumerable<IPlanFilling> fillings, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<Dispatcher> log)
    : PeriodicPass(time, signals, log)
{
    private const int PageSize = 200;
    private const int MostLate = 500;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time = time;
    private long? _sweptAt;
    private bool _crowded;

    /// <inheritdoc />
    protected override TimeSpan Pause => SweepEvery;

    /// <summary>With a backlog every end of a piece of work is a hint; a pass is worth more with several free slots.</summary>
    protected override TimeSpan Gather => placer.HasBacklog && _crowded ? TimeSpan.FromMilliseconds(5) : TimeSpan.Zero;

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [Topics.Queue];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        bool sweep = _sweptAt is not { } last || _time.GetElapsedTime(last) >= SweepEvery;
        if (sweep)
        {
            _sweptAt = _time.GetTimestamp();
            await RenewOffersAsync(ct);
        }

        int queuedAtStart = placer.Queued;

        // An agent that comes during the pass waits for the next one, which its coming has asked for: here it would get what is looked at
        // when it comes, not what is most important.
        HashSet<AgentSession> present = [.. sessions.All.Where(s => s.Proven)];
        FleetView? fleet = null;
        (long Rank, Guid Id) after = (long.MinValue, Guid.Empty);
        bool more = true;
        bool waiting = false;
        while (more)
        {
            List<WorkItem> page = await store.ReadAsync((database, cancel) => QueuedAsync(database, after, cancel), ct);
            after = page.Count == 0 ? after : (page[^1].Rank, page[^1].Id);
            if (page.Count > 0)
            {
                fleet ??= await store.ReadAsync((database, cancel) => FleetView.ReadAsync(database, _time.GetUtcNow(), options.Value.Silence, cancel), ct);
                waiting |= await HandOutAsync(page, fleet, present, ct);
            }

            more = page.Count == PageSize && (sweep || present.Any(s => s.HasFreeSlot(SlotKind.Deploy) || s.HasFreeSlot(SlotKind.Api)));
            _crowded = page.Count == PageSize;
        }

        if (!waiting && !_crowded)
        {
            placer.NothingWaits(queuedAtStart);
        }
    }

    /// <summary>Queued items in order of rank; served by the index on queued items.</summary>
    private static Task<List<WorkItem>> QueuedAsync(OrbitDbContext database, (long Rank, Guid Id) after, CancellationToken ct) =>
        database.WorkItems
            .Where(w => w.State == WorkState.Queued && (w.Rank > after.Rank || (w.Rank == after.Rank && w.Id.CompareTo(after.Id) > 0)))
            .OrderBy(w => w.Rank).ThenBy(w => w.Id)
            .Take(PageSize)
            .ToListAsync(ct);

    /// <returns>True when some item of the page still waits.</returns>
    private async Task<bool> HandOutAsync(List<WorkItem> page, FleetView fleet, HashSet<AgentSession> present, CancellationToken ct)
    {
        var reserved = new List<(WorkItem Item, AgentSession Session)>();
        var waiting = new List<(WorkItem Item, string Reason)>();
        foreach (WorkItem item in page)
        {
            Wanted wanted = Wanted.Of(item);
            AgentSession? session = placer.TryReserve(item.Id, item.Kind, wanted, s => present.Contains(s) && fleet.IsFree(s.Host, item));
            if (session is null)
            {
                waiting.Add((item, placer.WasDeclined(item.Id) ? item.WaitingReason : fleet.WhyWaiting(item, wanted)));
                continue;
            }

            fleet.Take(session.Host, item);
            reserved.Add((item, session));
        }

        bool lost = await OfferAsync(reserved, ct);
        await ExplainAsync(waiting, ct);
        return lost || waiting.Count > 0;
    }

    private async Task<bool> OfferAsync(List<(WorkItem Item, AgentSession Session)> reserved, CancellationToken ct)
    {
        var given = new HashSet<Guid>();
        try
        {
            List<(WorkItem Item, AgentSession Session)> free = [.. reserved.Where(r => r.Item.NeedsNoLock)];
            Dictionary<Guid, long> epochs = free.Count == 0 ? [] : await store.WriteAsync((database, cancel) => OfferManyAsync(database, free, cancel), ct);
            foreach ((WorkItem item, AgentSession session) in reserved)
            {
                long? offered = item.NeedsNoLock
                    ? epochs.TryGetValue(item.Id, out long known) ? known : null
                    : await store.WriteAsync((database, cancel) => OfferOneAsync(database, item, session, cancel), ct);
                if (offered is { } epoch)
                {
                    given.Add(item.Id);
                    placer.Send(session, item.Id, epoch, await FilledAsync(item, ct));
                    log.Offered(item.Id, session.Name, epoch);
                }
            }
        }
        finally
        {
            // Also when the database went away in the middle: no slot may stay taken for nothing.
            foreach ((WorkItem item, AgentSession session) in reserved.Where(r => !given.Contains(r.Item.Id)))
            {
                session.FreeSlot(item.Id);
            }
        }

        return given.Count < reserved.Count;
    }

    private Task<Dictionary<Guid, long>> OfferManyAsync(OrbitDbContext database, List<(WorkItem Item, AgentSession Session)> free, CancellationToken ct) =>
        database.OfferManyAsync([.. free.Select(f => (f.Item.Id, f.Session.AgentId, f.Session.Epoch))], _time.GetUtcNow(), ct);

    private async Task<long?> OfferOneAsync(OrbitDbContext database, WorkItem item, AgentSession session, CancellationToken ct)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var placement = new Placement(session.AgentId, session.Name, session.Host, session.Epoch);
        bool free = await database.IsCurrentAsync(placement, ct) && await database.TryLockAsync(placement, item, now, ct);
        if (!free)
        {
            return null;
        }

        long? epoch = await database.OfferAsync(item.Id, session.AgentId, now, ct);
        if (epoch is null)
        {
            await database.RunAsync("DELETE FROM service_locks WHERE work_item_id = @p0", [item.Id], ct);
        }

        return epoch;
    }

    private async Task ExplainAsync(List<(WorkItem Item, string Reason)> waiting, CancellationToken ct)
    {
        foreach ((WorkItem item, string reason) in waiting)
        {
            if (item.WaitingReason != reason)
            {
                await store.WriteAsync(
                    async (database, cancel) =>
                    {
                        await database.RunAsync("UPDATE work_items SET waiting_reason = @p1 WHERE id = @p0 AND state = 'Queued'", [item.Id, reason], cancel);
                        if (item.RunId is { } run)
                        {
                            database.RaiseAfterCommit(Topics.Run(run));
                        }
                    },
                    ct);
            }
        }
    }

    /// <summary>Offers that nobody answered: made again on a live session here; taken back when the agent is out of contact.</summary>
    private async Task RenewOffersAsync(CancellationToken ct)
    {
        DateTimeOffset before = _time.GetUtcNow() - options.Value.OfferTimeout;
        List<WorkItem> late = await store.ReadAsync(
            (database, cancel) => database.WorkItems.Where(w => w.State == WorkState.Offered && w.AgentId != null && w.OfferedAt < before).OrderBy(w => w.Id).Take(MostLate).ToListAsync(cancel), ct);
        foreach (WorkItem item in late)
        {
            AgentSession? session = sessions.Find(item.AgentId!.Value);
            if (session is not null)
            {
                session.CountOpen(item.Id, Placer.SlotFor(item.Kind));
                await store.WriteAsync((database, cancel) => database.RunAsync("UPDATE work_items SET offered_at = @p2 WHERE id = @p0 AND epoch = @p1 AND state = 'Offered'", [item.Id, item.Epoch, _time.GetUtcNow()], cancel), ct);
                placer.Send(session, item.Id, item.Epoch, await FilledAsync(item, ct));
                log.OfferedAgain(item.Id, session.Name);
                continue;
            }

            await TakeBackAsync(item, ct);
        }
    }

    private Task<byte[]> FilledAsync(WorkItem item, CancellationToken ct) =>
        fillings.FirstOrDefault(f => f.Kind == item.Kind)?.FillAsync(item.Plan, ct) ?? Task.FromResult(item.Plan);

    private async Task TakeBackAsync(WorkItem item, CancellationToken ct)
    {
        DateTimeOffset silentSince = _time.GetUtcNow() - options.Value.Silence;
        bool taken = await store.WriteAsync(
            async (database, cancel) =>
                !await database.AgentPresence.AnyAsync(p => p.AgentId == item.AgentId && p.Connected && p.LastSeenAt > silentSince, cancel)
                && await database.TakeBackAsync(item.Id, item.Epoch, cancel),
            ct);
        if (taken)
        {
            log.TakenBack(item.Id, item.AgentId!.Value);
        }
    }
}
