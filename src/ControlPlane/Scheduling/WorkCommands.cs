using Orbit.ControlPlane.Bookings;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>
/// Every change of a work item, one statement each, conditional on state and epoch in SQL. Nothing touched means: somebody else was
/// first, and the caller's knowledge is old.
/// </summary>
internal static class WorkCommands
{
    /// <summary>
    /// Takes the lock on the item's service and a place of its test item. False, and nothing taken: another item holds them, or somebody
    /// else has booked the host.
    /// </summary>
    public static async Task<bool> TryLockAsync(
        this OrbitDbContext database, Placement placement, WorkItem item, DateTimeOffset now, CancellationToken ct)
    {
        if (item.Owner is { } owner && await database.IsBookedAsync(placement.Host, item.Service, owner, now, ct))
        {
            return false;
        }

        if (item.Service.Length > 0 && !await database.TryHoldAsync(placement.Host, item.Service, item, now, ct))
        {
            return false;
        }

        for (int place = 1; place <= item.Concurrency; place++)
        {
            if (await database.TryHoldAsync(placement.Host, ServiceLock.PlaceOf(item.TestItemId ?? 0, place), item, now, ct))
            {
                return true;
            }
        }

        if (item.Concurrency is null or 0)
        {
            return true;
        }

        await database.RunAsync("DELETE FROM service_locks WHERE work_item_id = @p0", [item.Id], ct);
        return false;
    }

    private static async Task<bool> TryHoldAsync(this OrbitDbContext database, string host, string service, WorkItem item, DateTimeOffset now, CancellationToken ct) =>
        !Safeguard.IsOn("service-lock") || await database.RunAsync(
            """
            INSERT INTO service_locks (host, service, work_item_id, run_id, taken_at)
            VALUES (@p0, @p1, @p2, @p3, @p4) ON CONFLICT (host, service) DO NOTHING
            """,
            [host, service, item.Id, item.RunId, now], ct) == 1;

    /// <summary>Adds time to what an item may take; its agent is told with each heartbeat.</summary>
    public static Task<int> ExtendAsync(this OrbitDbContext database, Guid id, long seconds, CancellationToken ct) =>
        database.RunAsync("UPDATE work_items SET extended_seconds = COALESCE(extended_seconds, 0) + @p1 WHERE id = @p0 AND state <> 'Ended'", [id, seconds], ct);

    /// <summary>True when the session is the agent's newest and an admin lets the agent take work.</summary>
    public static async Task<bool> IsCurrentAsync(this OrbitDbContext database, Placement placement, CancellationToken ct)
    {
        List<int> there = await database.QueryAsync(
            "SELECT 1 FROM agents WHERE id = @p0 AND session_epoch = @p1 AND desire = 'Active'",
            [placement.AgentId, placement.SessionEpoch], static row => row.Int(0), ct);
        return there.Count == 1;
    }

    /// <summary>Queued → Offered; returns the new epoch, or null when the item is no longer queued.</summary>
    public static async Task<long?> OfferAsync(this OrbitDbContext database, Guid id, long agentId, DateTimeOffset now, CancellationToken ct)
    {
        List<long> epoch = await database.QueryAsync(
            """
            UPDATE work_items SET state = 'Offered', epoch = epoch + 1, agent_id = @p1, offered_at = @p2, waiting_reason = ''
            WHERE id = @p0 AND state = 'Queued' RETURNING epoch
            """,
            [id, agentId, now], static row => row.Long(0), ct);
        return epoch.Count == 0 ? null : epoch[0];
    }

    /// <summary>
    /// Queued → Offered for items that need no lock, each to an agent whose session still is its newest and that may take work. Returns the
    /// new epochs of those that were offered.
    /// </summary>
    public static async Task<Dictionary<Guid, long>> OfferManyAsync(
        this OrbitDbContext database, (Guid Item, long Agent, long SessionEpoch)[] offers, DateTimeOffset now, CancellationToken ct)
    {
        const string Set = "SET state = 'Offered', epoch = epoch + 1, agent_id = ";
        List<(Guid Id, long Epoch)> offered = [];
        if (!database.IsEmbedded)
        {
            BulkColumn[] columns =
            [
                new("id", "uuid", Array.ConvertAll(offers, o => o.Item)),
                new("agent_id", "bigint", Array.ConvertAll(offers, o => o.Agent)),
                new("session_epoch", "bigint", Array.ConvertAll(offers, o => o.SessionEpoch)),
                new("offered_at", "timestamptz", Array.ConvertAll(offers, _ => now)),
            ];
            offered = await database.QueryAsync(
                database.PlannedOnce(
                    $"UPDATE work_items w {Set}x.agent, offered_at = x.at, waiting_reason = '' FROM {Bulk.Unnest(columns)} AS x(id, agent, session, at) "
                + "WHERE w.id = x.id AND w.state = 'Queued' AND EXISTS (SELECT 1 FROM agents a WHERE a.id = x.agent AND a.session_epoch = x.session AND a.desire = 'Active') RETURNING w.id, w.epoch"),
                Bulk.Arrays(columns), static row => (row.Uuid(0), row.Long(1)), ct);
            return offered.ToDictionary(o => o.Id, o => o.Epoch);
        }

        foreach ((Guid item, long agent, long session) in offers)
        {
            offered.AddRange(await database.QueryAsync(
                $"UPDATE work_items {Set}@p1, offered_at = @p3, waiting_reason = '' WHERE id = @p0 AND state = 'Queued' AND EXISTS (SELECT 1 FROM agents a WHERE a.id = @p1 AND a.session_epoch = @p2 AND a.desire = 'Active') RETURNING id, epoch",
                [item, agent, session, now], static row => (row.Uuid(0), row.Long(1)), ct));
        }

        return offered.ToDictionary(o => o.Id, o => o.Epoch);
    }

    /// <summary>Offered → Queued: nothing was done, another agent may have it. False when it was accepted meanwhile.</summary>
    public static async Task<bool> TakeBackAsync(this OrbitDbContext database, Guid id, long epoch, CancellationToken ct)
    {
        bool taken = await database.RunAsync(
            "UPDATE work_items SET state = 'Queued', agent_id = NULL, offered_at = NULL WHERE id = @p0 AND epoch = @p1 AND state = 'Offered'",
            [id, epoch], ct) == 1;
        if (taken)
        {
            await database.UnlockAsync(id, ct);
        }

        return taken;
    }

    /// <summary>Queued or Offered → Ended: it never began. False when an agent has it.</summary>
    public static async Task<bool> WithdrawAsync(this OrbitDbContext database, Guid id, DateTimeOffset now, CancellationToken ct)
    {
        bool withdrawn = await database.RunAsync(
            "UPDATE work_items SET state = 'Ended', ended_at = @p1 WHERE id = @p0 AND state IN ('Queued', 'Offered')", [id, now], ct) == 1;
        if (withdrawn)
        {
            await database.UnlockAsync(id, ct);
        }

        return withdrawn;
    }

    /// <summary>Notes that an end is wanted, to be repeated to the agent until it reports one.</summary>
    public static Task<int> WantEndAsync(this OrbitDbContext database, Guid id, string reason, DateTimeOffset now, CancellationToken ct) =>
        database.RunAsync(
            "UPDATE work_items SET cancel_requested_at = @p1, cancel_reason = @p2 WHERE id = @p0 AND state <> 'Ended' AND cancel_requested_at IS NULL",
            [id, now, reason], ct);

    /// <summary>Stores how far the agent's events have come. False: fenced, or another writer was first.</summary>
    public static async Task<bool> AdvanceAsync(
        this OrbitDbContext database, AssignmentRow known, long lastSeq, bool ended, DateTimeOffset now, CancellationToken ct)
    {
        string statement = ended
            ? "UPDATE work_items SET last_seq = @p3, state = 'Ended', ended_at = @p5, contact_lost_since = NULL WHERE id = @p0 AND epoch = @p1 AND agent_id = @p2 AND last_seq = @p4 AND state <> 'Ended'"
            : "UPDATE work_items SET last_seq = @p3, state = 'Running', contact_lost_since = NULL WHERE id = @p0 AND epoch = @p1 AND agent_id = @p2 AND last_seq = @p4 AND state <> 'Ended'";
        bool mine = await database.RunAsync(statement, [known.Id, known.Epoch, known.AgentId, lastSeq, known.LastSeq, now], ct) == 1;
        if (mine && ended)
        {
            await database.UnlockAsync(known.Id, ct);
        }

        return mine;
    }

    /// <summary>Ends an item that nobody can tell about any more, and frees its lock. The epoch rises, so that its agent is fenced.</summary>
    public static async Task<bool> DeclareEndedAsync(this OrbitDbContext database, Guid id, DateTimeOffset now, CancellationToken ct)
    {
        bool ended = await database.RunAsync(
            "UPDATE work_items SET state = 'Ended', epoch = epoch + 1, ended_at = @p1, contact_lost_since = NULL WHERE id = @p0 AND state <> 'Ended'", [id, now], ct) == 1;
        if (ended)
        {
            await database.UnlockAsync(id, ct);
        }

        return ended;
    }

    private static async Task UnlockAsync(this OrbitDbContext database, Guid id, CancellationToken ct)
    {
        await database.RunAsync("DELETE FROM service_locks WHERE work_item_id = @p0", [id], ct);
        database.RaiseAfterCommit(Platform.Topics.Queue);
    }
}

/// <summary>Where an item is to go.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="AgentName">Its name.</param>
/// <param name="Host">Its host, for locks.</param>
/// <param name="SessionEpoch">The session that was seen.</param>
internal sealed record Placement(long AgentId, string AgentName, string Host, long SessionEpoch);
