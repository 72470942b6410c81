using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>
/// Hands queued work to agents connected to this process, oldest rank first, and says of the rest why it waits. Woken by a new item, a
/// freed slot or lock, a connecting agent; a woken pass ends with the page in which the slots run out, and explains only the runs among
/// what it saw, because people wait for those. Every five seconds a sweep looks at the whole queue and explains all of it; it covers a lost
/// wake-up, and makes unanswered offers again, or takes them back.
/// </summary>
internal sealed class Dispatcher(
    OrbitStore store, AgentSessions sessions, Placer placer, IEnumerable<IPlanFilling> fillings, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<Dispatcher> log)
    : PeriodicPass(time, signals, log)
{
    private const int LargestPage = 200;
    private const int SmallestPage = 32;
    private const int MostLate = 500;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time = time;
    private long? _sweptAt;
    private bool _flowing;

    /// <inheritdoc />
    protected override TimeSpan Pause => SweepEvery;

    /// <summary>While a backlog flows every end of a piece of work is a hint; a pass is worth more with several free slots.</summary>
    protected override TimeSpan Gather => _flowing ? TimeSpan.FromMilliseconds(5) : TimeSpan.Zero;

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
        var pass = new Pass(sweep, present);
        (long Rank, Guid Id) after = (long.MinValue, Guid.Empty);
        bool more = true;
        while (more)
        {
            bool runsOnly = !sweep && !present.Any(s => s.HasFreeSlot(SlotKind.Api));
            int size = sweep ? LargestPage : Math.Clamp(present.Sum(s => s.FreeSlots(SlotKind.Deploy) + s.FreeSlots(SlotKind.Api)), SmallestPage, LargestPage);
            List<WorkItem> page = await store.ReadAsync((database, cancel) => QueuedAsync(database, after, runsOnly, size, cancel), ct);
            if (page.Count > 0)
            {
                after = (page[^1].Rank, page[^1].Id);
                await HandOutAsync(page, pass, ct);
            }

            more = page.Count == size && (sweep || present.Any(s => s.HasFreeSlot(SlotKind.Deploy) || s.HasFreeSlot(SlotKind.Api)));
            pass.Waiting |= runsOnly || (page.Count == size && !more); // there may be what nobody looked at
        }

        _flowing = pass.Waiting && pass.Given > 0;
        if (!pass.Waiting)
        {
            placer.NothingWaits(queuedAtStart);
        }
    }

    /// <summary>Queued items in order of rank; served by the index on queued items.</summary>
    private static Task<List<WorkItem>> QueuedAsync(OrbitDbContext database, (long Rank, Guid Id) after, bool runsOnly, int size, CancellationToken ct) =>
        database.WorkItems
            .Where(w => w.State == WorkState.Queued && (w.Rank > after.Rank || (w.Rank == after.Rank && w.Id.CompareTo(after.Id) > 0)))
            .Where(w => !runsOnly || w.Kind == WorkKind.Run)
            .OrderBy(w => w.Rank).ThenBy(w => w.Id)
            .Take(size)
            .ToListAsync(ct);

    private async Task HandOutAsync(List<WorkItem> page, Pass pass, CancellationToken ct)
    {
        if (pass.Fleet is null && page.Exists(item => !item.NeedsNoLock || pass.Explains(item)))
        {
            pass.Fleet = await store.ReadAsync((database, cancel) => FleetView.ReadAsync(database, _time.GetUtcNow(), options.Value.Silence, cancel), ct);
        }

        var reserved = new List<(WorkItem Item, AgentSession Session)>();
        var waiting = new List<(WorkItem Item, string Reason)>();
        foreach (WorkItem item in page)
        {
            bool explained = pass.Explains(item);
            if (!explained && !pass.HasSlotFor(item))
            {
                pass.Waiting = true;
                continue;
            }

            Wanted wanted = Wanted.Of(item);
            if (placer.TryReserve(item.Id, item.Kind, wanted, session => pass.MayTake(session, item)) is { } session)
            {
                pass.Fleet?.Take(session.Host, item);
                reserved.Add((item, session));
                continue;
            }

            pass.Waiting = true;
            if (explained)
            {
                waiting.Add((item, placer.WasDeclined(item.Id) ? item.WaitingReason : pass.Fleet!.WhyWaiting(item, wanted)));
            }
        }

        int given = await OfferAsync(reserved, ct);
        pass.Given += given;
        pass.Waiting |= given < reserved.Count;
        await ExplainAsync(waiting, ct);
    }

    /// <returns>How many were offered; somebody else was quicker with the rest.</returns>
    private async Task<int> OfferAsync(List<(WorkItem Item, AgentSession Session)> reserved, CancellationToken ct)
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

        return given.Count;
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
        (WorkItem Item, string Reason)[] news = [.. waiting.Where(w => w.Item.WaitingReason != w.Reason)];
        if (news.Length == 0)
        {
            return;
        }

        await store.WriteAsync(
            async (database, cancel) =>
            {
                foreach ((WorkItem item, string reason) in news)
                {
                    await database.RunAsync("UPDATE work_items SET waiting_reason = @p1 WHERE id = @p0 AND state = 'Queued'", [item.Id, reason], cancel);
                    if (item.RunId is { } run)
                    {
                        database.RaiseAfterCommit(Topics.Run(run));
                    }
                }
            },
            ct);
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

    /// <summary>What one pass knows and has done.</summary>
    private sealed class Pass(bool sweep, HashSet<AgentSession> present)
    {
        /// <summary>Read when the first item needs it.</summary>
        public FleetView? Fleet { get; set; }

        /// <summary>True once something was left in the queue.</summary>
        public bool Waiting { get; set; }

        /// <summary>Offers made.</summary>
        public int Given { get; set; }

        /// <summary>Whether it says why an item waits.</summary>
        public bool Explains(WorkItem item) => sweep || item.RunId is not null;

        public bool HasSlotFor(WorkItem item)
        {
            SlotKind slot = Placer.SlotFor(item.Kind);
            return present.Any(session => session.HasFreeSlot(slot));
        }

        public bool MayTake(AgentSession session, WorkItem item) =>
            present.Contains(session) && (item.NeedsNoLock || Fleet!.IsFree(session.Host, item));
    }
}
