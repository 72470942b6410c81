using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>An agent has journalled an offer.</summary>
internal sealed class OfferAccepted(AgentSession session, Guid id, long epoch, Func<AssignmentRow, IngestItem?> next, Action<IngestItem> add) : IngestItem
{
    public Guid Id { get; } = id;
    public long Epoch { get; } = epoch;
    public long AgentId => session.AgentId;
    public long SessionEpoch => session.Epoch;
    public override IngestLane Lane => IngestLane.Urgent;

    /// <summary>The assignment after the transaction; null: the server does not know it.</summary>
    public AssignmentRow? Outcome { get; set; }

    private bool Stands => Outcome is { State: WorkState.Accepted or WorkState.Running or WorkState.Unknown } row && row.Epoch == Epoch && row.AgentId == AgentId;

    public override void Committed()
    {
        if (!Stands)
        {
            session.FreeSlot(Id);
            session.Post(new() { Fenced = new Wire.Fenced { AssignmentId = Id.ToString(), CurrentEpoch = Outcome?.Epoch ?? 0 } });
            return;
        }

        session.Post(new() { Confirmed = new Wire.Confirmed { AssignmentId = Id.ToString(), Epoch = Epoch } });
        if (next(Outcome!) is { } follow)
        {
            add(follow);
        }
    }

    public override void Failed(Exception reason) => session.Close(reason as OrbitException ?? OpenStreams.Stopping());
}

/// <summary>Offered → Accepted, for all of a batch in one statement. A repeated acceptance is confirmed again.</summary>
internal sealed class AcceptIngest(TimeProvider time) : IIngestHandler
{
    public Type Kind => typeof(OfferAccepted);

    public bool IsOneStatement => true;

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        OfferAccepted[] accepted = [.. items.Cast<OfferAccepted>()];
        DateTimeOffset now = time.GetUtcNow();
        BulkColumn[] columns =
        [
            new("id", "uuid", Array.ConvertAll(accepted, a => a.Id)),
            new("epoch", "bigint", Array.ConvertAll(accepted, a => a.Epoch)),
            new("agent_id", "bigint", Array.ConvertAll(accepted, a => a.AgentId)),
            new("session_epoch", "bigint", Array.ConvertAll(accepted, a => a.SessionEpoch)),
            new("accepted_at", "timestamptz", Array.ConvertAll(accepted, _ => now)),
        ];
        string offered = Safeguard.IsOn("accept-fence") ? "w.state = 'Offered'" : "w.state IN ('Offered', 'Ended')";
        string condition = $"{offered} AND EXISTS (SELECT 1 FROM agents a WHERE a.id = w.agent_id AND a.session_epoch = ";
        var after = new Dictionary<Guid, AssignmentRow>();
        if (database.IsEmbedded)
        {
            await database.EachAsync($"UPDATE work_items AS w SET state = 'Accepted', accepted_at = @p4 WHERE w.id = @p0 AND w.epoch = @p1 AND w.agent_id = @p2 AND {condition}@p3)", columns, ct);
        }
        else if (accepted is [{ } only])
        {
            after = (await database.ChangedAssignmentsAsync(
                $"UPDATE work_items w SET state = 'Accepted', accepted_at = @p4 WHERE w.id = @p0 AND w.epoch = @p1 AND w.agent_id = @p2 AND {condition}@p3)",
                [only.Id, only.Epoch, only.AgentId, only.SessionEpoch, now], plannedOnce: false, ct)).ToDictionary(r => r.Id);
        }
        else
        {
            string update = $"UPDATE work_items w SET state = 'Accepted', accepted_at = x.at FROM {Bulk.Unnest(columns)} AS x(id, epoch, agent, session, at) WHERE w.id = x.id AND w.epoch = x.epoch AND w.agent_id = x.agent AND {condition}x.session)";
            after = (await database.ChangedAssignmentsAsync(update, Bulk.Arrays(columns), plannedOnce: true, ct)).ToDictionary(r => r.Id);
        }

        // What was not touched now was accepted before, or is not the agent's any more.
        Guid[] others = [.. accepted.Select(a => a.Id).Where(id => !after.ContainsKey(id)).Distinct()];
        foreach (AssignmentRow row in others.Length == 0 ? [] : await database.AssignmentsAsync(others, ct))
        {
            after[row.Id] = row;
        }

        foreach (OfferAccepted item in accepted)
        {
            item.Outcome = after.GetValueOrDefault(item.Id);
        }
    }
}

/// <summary>An agent cannot take an offer.</summary>
internal sealed class OfferDeclined(AgentSession session, Guid id, long epoch, string reason, TimeProvider time, Signals signals) : IngestItem
{
    public Guid Id { get; } = id;
    public long Epoch { get; } = epoch;
    public string Reason { get; } = Runs.AgentText.Cut($"{session.Name} declined: {reason}", 1000);
    public override IngestLane Lane => IngestLane.Urgent;

    /// <summary>
    /// Before the item is queued again: whoever looks at the queue then must know that this agent declined it, and leave the reason alone.
    /// </summary>
    public void Note() => session.NoteDeclined(Id, time.GetTimestamp());

    public override void Committed()
    {
        session.FreeSlot(Id);
        signals.Raise(Topics.Queue);
    }

    public override void Failed(Exception reason) => session.Close(reason as OrbitException ?? OpenStreams.Stopping());
}

/// <summary>Offered → Queued.</summary>
internal sealed class DeclineIngest : IIngestHandler
{
    public Type Kind => typeof(OfferDeclined);

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        foreach (OfferDeclined declined in items.Cast<OfferDeclined>())
        {
            declined.Note();
            if (await database.TakeBackAsync(declined.Id, declined.Epoch, ct))
            {
                await database.RunAsync("UPDATE work_items SET waiting_reason = @p1 WHERE id = @p0", [declined.Id, declined.Reason], ct);
            }
        }
    }
}
