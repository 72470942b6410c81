using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a new attempt needs.</summary>
/// <param name="Kind"><c>deploy</c>, <c>rerun</c>, <c>rerun-failed</c> or <c>rollback</c>.</param>
/// <param name="Reason">Why there is this attempt, in words.</param>
/// <param name="Wanted">Which agents may have it.</param>
/// <param name="Owner">Who asks for it.</param>
/// <param name="Concurrency">Most attempts of the test item under way on one host at a time; null: no such limit.</param>
/// <param name="Plan">Makes the plan for a run id and attempt number.</param>
internal sealed record AttemptRequest(
    string Kind, string Reason, Wanted Wanted, string Owner, int? Concurrency, Func<long, int, Wire.Plan> Plan);

/// <summary>What a trigger came to.</summary>
/// <param name="Id">The run.</param>
/// <param name="View">The run as it was stored, where that is known without reading it again; null otherwise.</param>
internal readonly record struct CreatedRun(long Id, RunView? View);

/// <summary>Makes, reopens and ends runs. One transaction each.</summary>
internal sealed class RunCommands(OrbitStore store, Placer placer, TimeProvider time)
{
    /// <summary>
    /// Stores a run with its first attempt. With an idle agent at hand and nobody waiting, the same transaction holds the offer, which
    /// is sent when it has been committed; and where nothing has to be asked for any more, that is one round trip.
    /// </summary>
    public async Task<CreatedRun> CreateAsync(RunRequest request, AttemptRequest attempt, CancellationToken ct)
    {
        if (request is { Taken.NothingBooked: true, NewestOnly: false, BadBuildOverride: null } && attempt.Concurrency is null
            && await CreateAtOnceAsync(request, attempt, ct) is { } created)
        {
            return created;
        }

        try
        {
            return await PlacedAsync(
                attempt,
                async (database, place, cancel) =>
                {
                    if (await FindRepeatedAsync(database, request, cancel) is { } repeated)
                    {
                        return new CreatedRun(repeated, null);
                    }

                    DateTimeOffset now = time.GetUtcNow();
                    var run = new Run(request, now);
                    database.Runs.Add(run);
                    await database.SaveChangesAsync(cancel);
                    if (request.BadBuildOverride is { } bad)
                    {
                        database.Audit(bad.By, now, "build.bad_tested", $"build:{request.BuildId}", @new: new { Run = run.Id, bad.Reason });
                    }

                    if (request.NewestOnly)
                    {
                        await ReplaceOlderAsync(database, run, now, cancel);
                    }

                    await AddAttemptAsync(database, run, attempt, place, now, cancel);
                    return new(run.Id, null);
                },
                ct);
        }
        catch (DbUpdateException duplicate) when (request.IdempotencyKey is not null && duplicate.IsUnique())
        {
            // Two calls with one key at the same moment: the other was first.
            return await store.ReadAsync(async (database, cancel) => new CreatedRun((await FindRepeatedAsync(database, request, cancel))!.Value, null), ct);
        }
    }

    /// <summary>
    /// Stores a run that an agent gets that has nothing else to do. Null, and nothing stored: there is none, or the service on its host is
    /// locked, or the key was used before; what then is to be done takes a transaction that asks.
    /// </summary>
    private async Task<CreatedRun?> CreateAtOnceAsync(RunRequest request, AttemptRequest attempt, CancellationToken ct)
    {
        var place = new Place(Guid.CreateVersion7(), placer, attempt.Wanted, atOnce: true);
        if (place.Session is not { } session)
        {
            return null;
        }

        if (session.OpenAssignments().Length > 1)
        {
            session.FreeSlot(place.Id); // its host may well have the service under way: ask before anything is offered
            return null;
        }

        try
        {
            return await OfferedAsync(
                place,
                () => store.AddAsync<CreatedRun?>(
                    async (database, cancel) =>
                    {
                        DateTimeOffset now = time.GetUtcNow();
                        var run = new Run(request, now);
                        database.Runs.Add(run);
                        return new(run.Id, await AddAttemptAsync(database, run, attempt, place, now, cancel));
                    },
                    stored => OfferAhead(place, stored),
                    ct));
        }
        catch (DbUpdateException taken) when (taken.IsUnique())
        {
            return null;
        }
    }

    /// <summary>Opens the next attempt of an ended run.</summary>
    public Task<long> ReopenAsync(long runId, AttemptRequest attempt, CancellationToken ct) =>
        PlacedAsync(
            attempt,
            async (database, place, cancel) =>
            {
                Run run = await RequireAsync(database, runId, cancel);
                DateTimeOffset now = time.GetUtcNow();
                run.Reopen();
                _ = await AddAttemptAsync(database, run, attempt, place, now, cancel);
                return run.Id;
            },
            ct);

    /// <summary>Asks for a run to end. Changes nothing when it has ended or was asked before.</summary>
    public Task CancelAsync(long runId, string who, string reason, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Run run = await RequireAsync(database, runId, cancel);
                DateTimeOffset now = time.GetUtcNow();
                string text = reason.Length == 0 ? $"cancelled by {who}" : $"cancelled by {who}: {reason}";
                if (run.Status is RunStatus.Reporting || !run.RequestCancel(text, now))
                {
                    await database.StopGateAsync(run, text, now, cancel); // all of an ended run that may be under way
                    return;
                }

                var events = new NewRunEvents(run, now);
                events.Add(Wire.RunEventType.CancelRequested).Text = text;
                RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, cancel);
                if (await database.WithdrawAsync(attempt.AssignmentId, now, cancel))
                {
                    await RunFinish.TakeBackAsync(database, run, attempt, events, text, now, cancel);
                }
                else if (await CarrierAsync(database, attempt, cancel) is { } carrier)
                {
                    await database.WantEndAsync(attempt.AssignmentId, text, now, cancel);
                    database.RaiseAfterCommit(Topics.Agent(carrier.AgentId ?? 0));
                }
                else
                {
                    await events.StoreAsync(database, cancel);
                    await EndUnknownAsync(database, run, $"{text}; nothing carried the run on any more", now, cancel);
                    return;
                }

                await events.StoreAsync(database, cancel);
            },
            ct);

    /// <summary>Declares an attempt ended that nobody can tell about; its lock is freed and its agent fenced.</summary>
    public Task DeclareEndedAsync(long runId, string reason, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Run run = await RequireAsync(database, runId, cancel);
                RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, cancel);
                bool lost = run.ContactLostSince is not null || (run.Status is not RunStatus.Reporting && await CarrierAsync(database, attempt, cancel) is null);
                if (run.IsTerminal || !lost)
                {
                    throw OrbitException.Conflict("RUN_NOT_LOST", $"Run {runId} is {run.Status} and its agent is in contact; cancel it instead.");
                }

                await EndUnknownAsync(database, run, reason, time.GetUtcNow(), cancel);
            },
            ct);

    /// <summary>The work that carries an attempt on; null when there is none any more, so that nothing would ever end the run.</summary>
    private static async Task<AssignmentRow?> CarrierAsync(OrbitDbContext database, RunAttempt attempt, CancellationToken ct) =>
        (await database.AssignmentsAsync([attempt.AssignmentId], ct)).SingleOrDefault(row => row.State is not WorkState.Ended);

    /// <summary>Ends a run whose outcome nobody can know, in the present transaction.</summary>
    public static async Task EndUnknownAsync(OrbitDbContext database, Run run, string reason, DateTimeOffset now, CancellationToken ct)
    {
        RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == run.Id && a.Number == run.Attempt, ct);
        await database.DeclareEndedAsync(attempt.AssignmentId, now, ct);
        foreach (RunStep step in await database.RunSteps.Where(s => s.RunId == run.Id && s.Attempt == run.Attempt).ToListAsync(ct))
        {
            if (!step.Ended)
            {
                (step.Status, step.Error) = step.Status is StepStatus.Running ? (StepStatus.Unknown, reason) : (StepStatus.Skipped, "");
                step.FinishedAt = now;
            }
        }

        await database.RunAsync(
            "UPDATE run_tests SET outcome = 'Unknown' WHERE run_day = @p0 AND run_id = @p1 AND attempt = @p2 AND outcome = 'Pending'",
            [run.Day, run.Id, run.Attempt], ct);
        if (attempt.Kind is "deploy" or "rerun")
        {
            run.Count(await database.CountTestsAsync(run, run.Attempt, run.Tests.DurationMs, ct));
        }

        run.Blame(FailureClass.Infrastructure, reason);
        (attempt.Status, attempt.Verdict, attempt.Reason, attempt.FinishedAt) = (RunStatus.Failed, Verdict.Unknown, reason, now);
        await RunFinish.FinishAsync(database, run, attempt, new NewRunEvents(run, now), now, ct);
    }

    /// <summary>The run, tracked for change.</summary>
    public static async Task<Run> RequireAsync(OrbitDbContext database, long runId, CancellationToken ct) =>
        await database.Runs.SingleOrDefaultAsync(r => r.Id == runId, ct)
        ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {runId}.");

    /// <summary>Cancels what waits of the same test item for the first time: the new run takes its place.</summary>
    private static async Task ReplaceOlderAsync(OrbitDbContext database, Run newer, DateTimeOffset now, CancellationToken ct)
    {
        List<(Guid Item, long RunId)> older = await database.QueryAsync(
            "SELECT id, run_id FROM work_items WHERE state = 'Queued' AND test_item_id = @p0 AND attempt = 1 AND run_id <> @p1 ORDER BY run_id",
            [newer.TestItemId, newer.Id], static row => (row.Uuid(0), row.Long(1)), ct);
        foreach ((Guid item, long runId) in older)
        {
            if (!await database.WithdrawAsync(item, now, ct))
            {
                continue; // an agent was quicker
            }

            Run run = await RequireAsync(database, runId, ct);
            RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, ct);
            await RunFinish.TakeBackAsync(database, run, attempt, new NewRunEvents(run, now), $"replaced by the newer run {newer.Id}", now, ct);
        }
    }

    /// <summary>The run that a key made before; null when there is none.</summary>
    /// <exception cref="OrbitException">IDEMPOTENCY_KEY_REUSED.</exception>
    public Task<long?> FindRepeatedAsync(string requestedBy, string key, long testItemId, CancellationToken ct) =>
        store.ReadAsync((database, cancel) => FindRepeatedAsync(database, requestedBy, key, testItemId, cancel), ct);

    private static Task<long?> FindRepeatedAsync(OrbitDbContext database, RunRequest request, CancellationToken ct) =>
        request.IdempotencyKey is { } key ? FindRepeatedAsync(database, request.RequestedBy, key, request.TestItemId, ct) : Task.FromResult<long?>(null);

    private static async Task<long?> FindRepeatedAsync(OrbitDbContext database, string requestedBy, string key, long testItemId, CancellationToken ct)
    {
        var known = await database.Runs.AsNoTracking()
            .Where(r => r.RequestedBy == requestedBy && r.IdempotencyKey == key)
            .Select(r => new { r.Id, r.TestItemId })
            .SingleOrDefaultAsync(ct);
        if (!Safeguard.IsOn("idempotency-key"))
        {
            return null;
        }

        return known is null || known.TestItemId == testItemId
            ? known?.Id
            : throw OrbitException.Conflict("IDEMPOTENCY_KEY_REUSED", $"The idempotency key belongs to run {known.Id}, which is of another test item.");
    }

    /// <summary>Runs the work with a slot where one is free; sends the offer, or gives the slot back, by what was committed.</summary>
    private Task<T> PlacedAsync<T>(AttemptRequest attempt, Func<OrbitDbContext, Place, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        var place = new Place(Guid.CreateVersion7(), placer, attempt.Wanted, atOnce: false);
        return OfferedAsync(
            place,
            () => store.WriteAsync(
                (database, cancel) =>
                {
                    place.Offered = null;
                    return work(database, place, cancel);
                },
                ct));
    }

    /// <summary>
    /// The agent journals the offer while the run is being stored. Nothing is begun by that: what it answers waits, and one that was not
    /// stored is fenced then.
    /// </summary>
    private void OfferAhead(Place place, Task stored)
    {
        place.Session!.OfferAhead(place.Id, stored.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        placer.Send(place.Session, place.Id, epoch: 1, place.Offered!);
    }

    private async Task<T> OfferedAsync<T>(Place place, Func<Task<T>> work)
    {
        bool committed = false;
        try
        {
            T result = await work();
            committed = true;
            if (place.Offered is { } plan && !place.AtOnce)
            {
                placer.Send(place.Session!, place.Id, epoch: 1, plan);
            }

            return result;
        }
        finally
        {
            if (!committed || place.Offered is null)
            {
                place.Session?.FreeSlot(place.Id); // an offer whose commit was not learnt of is made again by the dispatcher, with a slot
            }
        }
    }

    /// <returns>The run as it is being stored; null when it waits, which is more than this knows of.</returns>
    private async Task<RunView?> AddAttemptAsync(OrbitDbContext database, Run run, AttemptRequest request, Place place, DateTimeOffset now, CancellationToken ct)
    {
        Wire.Plan plan = request.Plan(run.Id, run.Attempt);
        var item = new WorkItem
        {
            Id = place.Id,
            Kind = WorkKind.Run,
            RunId = run.Id,
            Attempt = run.Attempt,
            RunDay = run.Day,
            Priority = run.Priority,
            Rank = QueueRank.Of(now, run.Priority),
            Labels = LabelsJson.Write(request.Wanted.Labels),
            Agents = request.Wanted.AgentsJson,
            Owner = request.Owner,
            TestItemId = run.TestItemId,
            Concurrency = request.Concurrency,
            Service = plan.Deploy.Service,
            Plan = plan.ToByteArray(),
            CreatedAt = now,
        };
        if (await TryOfferAsync(database, item, place, now, ct))
        {
            (item.State, item.Epoch, item.AgentId, item.OfferedAt) = (WorkState.Offered, 1, place.Session!.AgentId, now);
            place.Offered = item.Plan;
        }
        else
        {
            placer.NoteQueued();
            database.RaiseAfterCommit(Topics.Queue);
        }

        database.WorkItems.Add(item);
        var added = new RunAttempt { RunId = run.Id, Number = run.Attempt, Kind = request.Kind, Reason = request.Reason, AssignmentId = item.Id };
        database.RunAttempts.Add(added);
        List<RunStep> steps = [.. PlanSteps.NamesOf(plan).Select((name, ordinal) => new RunStep { RunId = run.Id, Attempt = run.Attempt, Ordinal = ordinal, Name = name })];
        database.RunSteps.AddRange(steps);

        var events = new NewRunEvents(run, now);
        events.Add(Wire.RunEventType.Queued).Text = request.Reason;
        await events.StoreAsync(database, ct);
        return place.Offered is null ? null : new(run, [added], steps, RunViews.PlaceOf(item));
    }

    /// <summary>
    /// Takes the lock for the reserved slot. Whether the session still is the agent's newest is decided when the agent accepts: an offer to
    /// an older one is never accepted, and is taken back.
    /// </summary>
    private static async Task<bool> TryOfferAsync(OrbitDbContext database, WorkItem item, Place place, DateTimeOffset now, CancellationToken ct)
    {
        if (place.Session is not { } session)
        {
            return false;
        }

        if (!place.AtOnce)
        {
            return await database.TryLockAsync(new Placement(session.AgentId, session.Name, session.Host, session.Epoch), item, now, ct);
        }

        if (item.Service.Length > 0)
        {
            // Its key refuses a second holder, and with it all that is stored beside it.
            database.ServiceLocks.Add(new ServiceLock { Host = session.Host, Service = item.Service, WorkItemId = item.Id, RunId = item.RunId, TakenAt = now });
        }

        return true;
    }

    private sealed class Place(Guid id, Placer placer, Wanted wanted, bool atOnce)
    {
        public Guid Id { get; } = id;

        /// <summary>Who gets it; null when nobody can now.</summary>
        public AgentSession? Session { get; } = placer.HasBacklog ? null : placer.TryReserve(id, WorkKind.Run, wanted);

        /// <summary>True when all is stored in one round trip.</summary>
        public bool AtOnce { get; } = atOnce;

        /// <summary>The plan, when the transaction holds the offer.</summary>
        public byte[]? Offered { get; set; }
    }
}
