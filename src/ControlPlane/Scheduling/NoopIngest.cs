using Google.Protobuf;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>A no-op that was submitted, with the slot it was given, if any.</summary>
internal sealed class NoopSubmitted(Guid id, string labels, DateTimeOffset now, AgentSession? session, Signals signals) : IngestItem
{
    /// <summary>The plan of every no-op.</summary>
    public static readonly byte[] Plan = new Wire.Plan { Noop = new Wire.NoopWork() }.ToByteArray();

    private static readonly Wire.Plan WirePlan = new() { Noop = new Wire.NoopWork() };
    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Guid Id { get; } = id;
    public string Labels { get; } = labels;
    public DateTimeOffset At { get; } = now;
    public long? AgentId => session?.AgentId;
    public override IngestLane Lane => IngestLane.Urgent;

    /// <summary>Ends when the item is stored; fails with the reason when it is not.</summary>
    public Task Stored => _stored.Task;

    public override void Committed()
    {
        if (session is null)
        {
            signals.Raise(Topics.Queue);
        }
        else
        {
            session.Post(new() { Offer = new Wire.Offer { AssignmentId = Id.ToString(), Epoch = 1, Plan = WirePlan } });
        }

        _stored.TrySetResult();
    }

    public override void Failed(Exception reason)
    {
        session?.FreeSlot(Id);
        _stored.TrySetException(reason);
    }
}

/// <summary>Inserts no-ops, offered already where a slot was found.</summary>
internal sealed class NoopSubmitIngest : IIngestHandler
{
    public Type Kind => typeof(NoopSubmitted);

    public bool IsOneStatement => true;

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        NoopSubmitted[] noops = [.. items.Cast<NoopSubmitted>()];
        BulkColumn[] columns =
        [
            new("id", "uuid", Array.ConvertAll(noops, n => n.Id)),
            new("kind", "text", Array.ConvertAll(noops, _ => nameof(WorkKind.Noop))),
            new("state", "text", Array.ConvertAll(noops, n => n.AgentId is null ? nameof(WorkState.Queued) : nameof(WorkState.Offered))),
            new("epoch", "bigint", Array.ConvertAll(noops, n => n.AgentId is null ? 0L : 1L)),
            new("agent_id", "bigint", Array.ConvertAll(noops, n => n.AgentId)),
            new("last_seq", "bigint", new long[noops.Length]),
            new("priority", "integer", new int[noops.Length]),
            new("rank", "bigint", Array.ConvertAll(noops, n => QueueRank.Of(n.At, 0))),
            new("labels", "text", Array.ConvertAll(noops, n => n.Labels)),
            new("service", "text", Array.ConvertAll(noops, _ => "")),
            new("plan", "bytea", Array.ConvertAll(noops, _ => NoopSubmitted.Plan)),
            new("created_at", "timestamptz", Array.ConvertAll(noops, n => n.At)),
            new("offered_at", "timestamptz", Array.ConvertAll(noops, n => n.AgentId is null ? (DateTimeOffset?)null : n.At)),
            new("cancel_reason", "text", Array.ConvertAll(noops, _ => "")),
            new("waiting_reason", "text", Array.ConvertAll(noops, _ => "")),
        ];
        await database.InsertAsync("work_items", columns, onConflict: null, ct);
    }
}

/// <summary>The only event of a no-op: it ended.</summary>
internal sealed class NoopEnded(AgentSession session, Guid id, long epoch, long seq, Placer placer, Signals signals) : IngestItem
{
    public Guid Id { get; } = id;
    public long Epoch { get; } = epoch;
    public long Seq { get; } = seq;
    public long AgentId => session.AgentId;

    public override void Committed()
    {
        if (session.FreeSlot(Id) && placer.HasBacklog)
        {
            signals.RaiseHere(Topics.Queue); // other servers have gained nothing by it
        }

        // The end is final whoever told it first, so the agent may forget it in any case.
        session.Post(new() { Forget = new Wire.Forget { AssignmentId = Id.ToString() } });
    }

    public override void Failed(Exception reason) => session.Close(reason as OrbitException ?? OpenStreams.Stopping());
}

/// <summary>Ends no-ops, all of a batch in one statement. One that has ended, or is no longer the agent's, is left alone.</summary>
internal sealed class NoopEndIngest(TimeProvider time) : IIngestHandler
{
    public Type Kind => typeof(NoopEnded);

    public bool IsOneStatement => true;

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        NoopEnded[] ended = [.. items.Cast<NoopEnded>()];
        DateTimeOffset now = time.GetUtcNow();
        BulkColumn[] columns =
        [
            new("id", "uuid", Array.ConvertAll(ended, e => e.Id)),
            new("epoch", "bigint", Array.ConvertAll(ended, e => e.Epoch)),
            new("agent_id", "bigint", Array.ConvertAll(ended, e => e.AgentId)),
            new("last_seq", "bigint", Array.ConvertAll(ended, e => e.Seq)),
            new("ended_at", "timestamptz", Array.ConvertAll(ended, _ => now)),
        ];
        const string Open = "w.state IN ('Accepted', 'Running', 'Unknown')";
        if (database.IsEmbedded)
        {
            await database.EachAsync($"UPDATE work_items AS w SET state = 'Ended', last_seq = @p3, ended_at = @p4, contact_lost_since = NULL WHERE w.id = @p0 AND w.epoch = @p1 AND w.agent_id = @p2 AND {Open}", columns, ct);
            return;
        }

        await database.RunAsync(
            database.PlannedOnce($"UPDATE work_items w SET state = 'Ended', last_seq = x.seq, ended_at = x.at, contact_lost_since = NULL FROM {Bulk.Unnest(columns)} AS x(id, epoch, agent, seq, at) WHERE w.id = x.id AND w.epoch = x.epoch AND w.agent_id = x.agent AND {Open}"),
            Bulk.Arrays(columns), ct);
    }
}
