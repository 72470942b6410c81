using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>
/// Keeps batches going: takes back rows of pieces that ended without a result for them, gives waiting rows out as pieces while the limit
/// allows, and ends batches that have nothing left. Idempotent on any number of replicas: each batch is changed under the lock on its row.
/// </summary>
internal sealed class BatchPass(
    OrbitStore store, BatchPlanBuilder plans, AgentSessions sessions, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<BatchPass> log)
    : PeriodicPass(time, signals, log)
{
    private const int MostPieceRows = 50;
    private const int MostTries = 5;
    private const int MostNewPieces = 64;
    private readonly TimeProvider _time = time;
    private readonly long _started = time.GetTimestamp();

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints => [Topics.Batches];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        List<long> open = await store.ReadAsync(
            (database, cancel) => database.ApiBatches.Where(b => b.Status == BatchStatus.Running || b.Status == BatchStatus.Paused).OrderByDescending(b => b.Priority).ThenBy(b => b.Id).Select(b => b.Id).ToListAsync(cancel), ct);
        if (open.Count == 0)
        {
            return;
        }

        await EndLostAsync(ct);
        await EachAsync(open, id => store.WriteAsync((database, cancel) => TendAsync(database, id, cancel), ct));
    }

    /// <summary>
    /// Work of agents that have been silent for long is ended here, so that others do it; a late result of theirs is refused. Who has a session
    /// here is not silent, whatever the time of day says: sessions end by monotonic time.
    /// </summary>
    private async Task EndLostAsync(CancellationToken ct)
    {
        if (_time.GetElapsedTime(_started) < options.Value.LeaseDuration)
        {
            return; // after a start of this process agents get a full lease to come back
        }

        DateTimeOffset silentSince = _time.GetUtcNow() - options.Value.LeaseDuration;
        List<(Guid Id, long Agent)> lost = await store.ReadAsync(
            (database, cancel) => database.QueryAsync(
                "SELECT w.id, w.agent_id FROM api_batch_pieces b JOIN work_items w ON w.id = b.id JOIN agent_presence p ON p.agent_id = w.agent_id WHERE w.state IN ('Accepted', 'Running', 'Unknown') AND p.last_seen_at < @p0",
                [silentSince], static row => (row.Uuid(0), row.Long(1)), cancel), ct);
        foreach ((Guid id, _) in lost.Where(piece => sessions.Find(piece.Agent) is null))
        {
            await store.WriteAsync((database, cancel) => database.DeclareEndedAsync(id, _time.GetUtcNow(), cancel), ct);
            log.PieceLost(id, options.Value.LeaseDuration);
        }
    }

    private async Task TendAsync(OrbitDbContext database, long id, CancellationToken ct)
    {
        await database.LockBatchAsync(id, ct);
        ApiBatch batch = await database.ApiBatches.AsTracking().SingleAsync(b => b.Id == id, ct);
        if (batch.HasEnded)
        {
            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        foreach (Guid ended in await database.QueryAsync(
            "SELECT p.id FROM api_batch_pieces p JOIN work_items w ON w.id = p.id WHERE p.batch_id = @p0 AND w.state = 'Ended'", [id], static row => row.Uuid(0), ct))
        {
            await database.ClosePieceAsync(ended, ct);
        }

        await GiveUpAsync(database, batch, now, ct);
        int active = await database.ApiBatchPieces.CountAsync(p => p.BatchId == id, ct);
        if (active == 0 && (batch.Stopping || batch.CompletedCount == batch.TotalCount))
        {
            await EndAsync(database, batch, now, ct);
            return;
        }

        if (batch.Status is BatchStatus.Running && !batch.Stopping)
        {
            Adapt(database, batch, now);
            await IssueAsync(database, batch, active, now, ct);
        }
    }

    /// <summary>Chooses how many rows run at a time, where nobody else did.</summary>
    private static void Adapt(OrbitDbContext database, ApiBatch batch, DateTimeOffset now)
    {
        if (!batch.Adaptive)
        {
            return;
        }

        AdaptiveLevel state = JsonSerializer.Deserialize<AdaptiveLevel>(batch.LevelState)!;
        (int level, string why) = state.Next(batch.Level, batch.Concurrency);
        (batch.Level, batch.LevelState) = (level, JsonSerializer.Serialize(state));
        if (why.Length > 0)
        {
            BatchCommands.Tell(database, batch, $"{level} rows at a time: {why}", now);
        }
    }

    /// <summary>A row that was given out again and again and never had a result is not tried for ever.</summary>
    private static async Task GiveUpAsync(OrbitDbContext database, ApiBatch batch, DateTimeOffset now, CancellationToken ct)
    {
        List<ApiBatchRow> hopeless = await database.ApiBatchRows.AsNoTracking()
            .Where(r => r.BatchId == batch.Id && r.Outcome == null && r.PieceId == null && r.Tries >= MostTries).OrderBy(r => r.RowNo).Take(100).ToListAsync(ct);
        await database.SettleAsync(batch, hopeless, RowOutcome.Failed, "lost", $"given out {MostTries} times without a result", now, ct);
    }

    private static async Task EndAsync(OrbitDbContext database, ApiBatch batch, DateTimeOffset now, CancellationToken ct)
    {
        while (batch.Stopping)
        {
            List<ApiBatchRow> left = await database.ApiBatchRows.AsNoTracking()
                .Where(r => r.BatchId == batch.Id && r.Outcome == null).OrderBy(r => r.RowNo).Take(1000).ToListAsync(ct);
            if (left.Count == 0)
            {
                break;
            }

            await database.SettleAsync(batch, left, RowOutcome.Skipped, "stopped", "the batch was stopped before this row", now, ct);
        }

        batch.End(now);
        BatchCommands.Tell(database, batch, $"{batch.PassCount} passed, {batch.FailCount} failed, {batch.UncheckedCount} unchecked, {batch.SkippedCount} skipped of {batch.TotalCount}", now, ended: true);
        BatchCommands.TellGate(database, batch);
    }

    private async Task IssueAsync(OrbitDbContext database, ApiBatch batch, int active, DateTimeOffset now, CancellationToken ct)
    {
        if (batch.NotBefore is { } start)
        {
            if (now < start)
            {
                return;
            }

            (batch.NotBefore, batch.PartIssued) = (null, 0);
        }

        if (batch.PartRows > 0 && batch.PartIssued >= batch.PartRows)
        {
            batch.NotBefore = active == 0 ? now.AddSeconds(batch.PartPause) : null; // the pause begins when the part has ended
            return;
        }

        int waiting = batch.TotalCount - batch.CompletedCount;
        int size = Math.Clamp(waiting / (batch.Concurrency * 4), 1, MostPieceRows);
        PoolRoom? room = active < batch.ConcurrencyNow ? await database.PoolRoomAsync(batch, ct) : null;
        for (int made = 0; active + made < batch.ConcurrencyNow && made < MostNewPieces; made++)
        {
            int most = batch.PartRows > 0 ? Math.Min(size, batch.PartRows - batch.PartIssued) : size;
            if (most <= 0 || !await IssueOneAsync(database, batch, most, room, now, ct))
            {
                return;
            }
        }
    }

    private async Task<bool> IssueOneAsync(OrbitDbContext database, ApiBatch batch, int most, PoolRoom? room, DateTimeOffset now, CancellationToken ct)
    {
        IQueryable<ApiBatchRow> pending = database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == batch.Id && r.Outcome == null && r.PieceId == null);
        if (room?.Blocked is { Length: > 0 } blocked)
        {
            pending = pending.Where(r => !blocked.Contains(r.Target));
        }

        List<ApiBatchRow> rows = await pending.OrderBy(r => r.RowNo).Take(most).ToListAsync(ct);
        if (rows.Count == 0)
        {
            return false;
        }

        rows = room?.Together(rows) ?? rows;

        Guid id = Guid.CreateVersion7();
        await database.RunAsync(
            "UPDATE api_batch_rows SET piece_id = @p1, tries = tries + 1 WHERE batch_id = @p0 AND row_no >= @p2 AND row_no <= @p3 AND outcome IS NULL AND piece_id IS NULL",
            [batch.Id, id, rows[0].RowNo, rows[^1].RowNo], ct);
        database.ApiBatchPieces.Add(new() { Id = id, BatchId = batch.Id, Rows = rows.Count, Pools = room?.Take(rows) ?? "" });
        database.WorkItems.Add(new()
        {
            Id = id,
            Kind = WorkKind.Api,
            Priority = batch.Priority,
            Rank = QueueRank.Of(now, batch.Priority),
            Labels = batch.Labels,
            Plan = plans.Build(batch, rows),
            CreatedAt = now,
        });
        await database.SaveChangesAsync(ct);
        batch.PartIssued += rows.Count;
        database.RaiseAfterCommit(Topics.Queue);
        return true;
    }
}
