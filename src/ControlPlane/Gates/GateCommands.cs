using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Gates;

/// <summary>
/// Takes gates from one state to the next. Every step finds its work in the database and may be done again: a batch is made under a key of
/// run and attempt and carries both, so that a control plane that dies in between makes one batch, and an orphan is found by its run.
/// </summary>
internal sealed class GateCommands(OrbitStore store, BatchCommands batches, TimeProvider time, ILogger<GateCommands> log)
{
    private const int AtOnce = 100;

    /// <summary>Begins the batches of gates whose deploy test has ended.</summary>
    public async Task BeginAsync(CancellationToken ct)
    {
        List<RunGate> pending = await store.ReadAsync(
            (database, token) => database.RunGates.AsNoTracking().Where(g => g.State == GateState.Pending).OrderBy(g => g.RunId).Take(AtOnce).ToListAsync(token), ct);
        foreach (RunGate gate in pending)
        {
            (long? batch, string problem) = gate.StopReason.Length > 0 ? (null, "") : await MakeAsync(gate, ct);
            await ChangeAsync(
                gate,
                async (database, run, stored, now, token) =>
                {
                    if (stored.State is not GateState.Pending)
                    {
                        return; // another replica was quicker
                    }

                    stored.BatchId = batch;
                    (GateState state, string reason) = batch is null && problem.Length > 0 ? (GateState.Broken, problem)
                        : batch is null ? (GateState.Stopped, stored.StopReason)
                        : (GateState.Running, $"batch {batch}");
                    string wanted = batch is null ? "" : stored.StopReason;
                    await database.DecideGateAsync(run, stored, state, reason, now, token);
                    stored.StopReason = wanted; // asked for meanwhile: the next step stops the batch
                },
                ct);
        }
    }

    /// <summary>Stops batches that are no longer wanted, and notes those that run again.</summary>
    public async Task FollowAsync(CancellationToken ct)
    {
        var open = await store.ReadAsync(
            (database, token) => database.ApiBatches.AsNoTracking()
                .Where(b => b.RunId != null && (b.Status == BatchStatus.Running || b.Status == BatchStatus.Paused))
                .OrderBy(b => b.Id).Take(AtOnce * 10).Select(b => new { b.Id, RunId = b.RunId!.Value, b.RunAttempt, b.Stopping }).ToListAsync(token), ct);
        foreach (var batch in open)
        {
            (Run? run, RunGate? gate) = await store.ReadAsync(
                async (database, token) => (
                    await database.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == batch.RunId, token),
                    await database.RunGates.AsNoTracking().FirstOrDefaultAsync(g => g.RunId == batch.RunId && g.Attempt == batch.RunAttempt, token)),
                ct);
            string unwanted = run is null || gate is null ? "its run was deleted"
                : gate.StopReason.Length > 0 ? gate.StopReason
                : gate.Attempt < run.Attempt && run.HasBegun ? $"attempt {run.Attempt} of run {run.Id} has begun" : "";
            if (unwanted.Length > 0 && !batch.Stopping)
            {
                await StopAsync(batch.Id, ct);
            }

            if (gate is not null && (gate.State is not (GateState.Pending or GateState.Running) || (unwanted.Length > 0 && gate.StopReason.Length == 0)))
            {
                await ChangeAsync(
                    gate,
                    async (database, known, stored, now, token) =>
                    {
                        stored.BatchId = batch.Id;
                        if (!stored.IsOpen)
                        {
                            await database.DecideGateAsync(known, stored, GateState.Running, $"batch {batch.Id}", now, token);
                        }

                        stored.StopReason = unwanted;
                    },
                    ct);
            }
        }
    }

    /// <summary>Writes down what came of batches that have ended.</summary>
    public async Task DecideAsync(CancellationToken ct)
    {
        var ended = await store.ReadAsync(
            (database, token) => database.RunGates.AsNoTracking().Where(g => g.State == GateState.Running)
                .GroupJoin(database.ApiBatches.AsNoTracking(), g => g.BatchId, b => (long?)b.Id, (g, b) => new { Gate = g, Batches = b })
                .SelectMany(x => x.Batches.DefaultIfEmpty(), (x, b) => new { x.Gate, Batch = b })
                .Where(x => x.Batch == null || x.Batch.Status == BatchStatus.Completed || x.Batch.Status == BatchStatus.Stopped)
                .OrderBy(x => x.Gate.RunId).Take(AtOnce).ToListAsync(token), ct);
        foreach (var one in ended)
        {
            await ChangeAsync(
                one.Gate,
                async (database, run, stored, now, token) =>
                {
                    if (stored.State is GateState.Running)
                    {
                        (GateState state, string reason) = OutcomeOf(one.Batch, stored.StopReason);
                        await database.DecideGateAsync(run, stored, state, reason, now, token);
                    }
                },
                ct);
        }
    }

    private static (GateState State, string Reason) OutcomeOf(ApiBatch? batch, string stopReason)
    {
        if (batch is null)
        {
            return (GateState.Broken, "its batch is gone");
        }

        string counts = $"batch {batch.Id}: {batch.PassCount} passed, {batch.FailCount} failed, {batch.UncheckedCount} unchecked, {batch.SkippedCount} skipped of {batch.TotalCount}";
        return batch.Status is BatchStatus.Stopped ? (GateState.Stopped, stopReason.Length > 0 ? stopReason : counts)
            : batch.FailCount > 0 ? (GateState.Failed, counts)
            : batch.PassCount > 0 ? (GateState.Passed, counts)
            : (GateState.Failed, $"{counts}; nothing was checked");
    }

    private async Task<(long? Batch, string Problem)> MakeAsync(RunGate gate, CancellationToken ct)
    {
        Run run = await store.ReadAsync((database, token) => database.Runs.AsNoTracking().SingleAsync(r => r.Id == gate.RunId, token), ct);
        ItemGate wanted = ItemGate.Read(run.Gate)!;
        BatchWish wish = JsonSerializer.Deserialize<BatchWish>(wanted.Batch)! with
        {
            Name = $"gate of {run.TestItemName}",
            IdempotencyKey = $"gate:{gate.RunId}:{gate.Attempt}",
            Run = (gate.RunId, gate.Attempt),
        };
        try
        {
            return (await batches.CreateAsync(wish, ItemGateCommands.OwnerOf(wanted.Owner), ct), "");
        }
        catch (OrbitException refused) when (refused.Kind is not Refusal.Later)
        {
            log.GateBroken(gate.RunId, gate.Attempt, refused.Message);
            return (null, await WordsAsync(wish, wanted.Owner, refused, ct));
        }
    }

    /// <summary>A refusal for all who see the run: the words that anybody who asked for the same would be told, else only what kind it is, as the words may name what is private.</summary>
    private async Task<string> WordsAsync(BatchWish wish, string owner, OrbitException refused, CancellationToken ct)
    {
        if (refused.Reason == "FOLDER_FORBIDDEN")
        {
            return $"{owner} may not run all that the gate names";
        }

        string told = "";
        try
        {
            await store.ReadAsync(
                async (database, token) =>
                {
                    await batches.CheckAsync(database, wish, ItemGateCommands.OwnerOf(FolderAccess.Everybody), token);
                    return true;
                },
                ct);
        }
        catch (OrbitException anybody) when (anybody.Kind is not Refusal.Later)
        {
            told = anybody.Message;
        }

        return told == refused.Message ? told : $"{owner} was refused its batch: {refused.Reason}; what the words name is not for everybody, they are in the server's log";
    }

    private async Task StopAsync(long batch, CancellationToken ct)
    {
        try
        {
            await batches.StopAsync(batch, new Caller("gate", IsAdmin: true, SessionId: null, RemoteAddress: ""), ct); // whoever made it
        }
        catch (OrbitException refused) when (refused.Reason == "BATCH_ENDED")
        {
            // somebody stopped it, or it came to its end, meanwhile
        }
    }

    private Task ChangeAsync(RunGate gate, Func<OrbitDbContext, Run, RunGate, DateTimeOffset, CancellationToken, Task> change, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Run? run = await database.Runs.AsTracking().SingleOrDefaultAsync(r => r.Id == gate.RunId, token);
                RunGate? stored = await database.RunGates.AsTracking().SingleOrDefaultAsync(g => g.RunId == gate.RunId && g.Attempt == gate.Attempt, token);
                if (run is not null && stored is not null)
                {
                    await change(database, run, stored, time.GetUtcNow(), token);
                }
            },
            ct);
}
