using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>The end of a run: its effective verdict over all attempts, its numbers, its last event.</summary>
internal static class RunFinish
{
    /// <summary>Makes the run terminal in the present transaction. The attempt holds how it ended.</summary>
    public static async Task FinishAsync(
        OrbitDbContext database, Run run, RunAttempt attempt, NewRunEvents events, DateTimeOffset now, CancellationToken ct)
    {
        (RunStatus status, Verdict verdict) = (attempt.Status!.Value, attempt.Verdict!.Value);
        if (attempt.Kind is "rerun-failed")
        {
            run.Count(await database.CountTestsAsync(run, firstAttempt: await database.FirstOfChainAsync(run, ct), run.Tests.DurationMs, ct));
            verdict = Effective(verdict, run.Tests);
        }
        else if (attempt.Kind is "rollback" && status is RunStatus.Completed)
        {
            RunAttempt tested = await LastTestedAsync(database, run, ct);
            (status, verdict) = (tested.Status ?? status, tested.Verdict ?? verdict);
        }

        run.Finish(status, verdict, now);
        Wire.RunEvent last = events.Add(Wire.RunEventType.Finished);
        (last.Status, last.Verdict, last.Summary, last.Text) = (status.ToWire(), run.Verdict.ToWire(), run.Tests.ToWire(), run.Error);
        run.OpenGate(attempt, database, now);
        await events.StoreAsync(database, ct);
        database.NoticeRunEnded(run.Id, attempt.Number, now);
        database.RaiseAfterCommit(RunTopics.Ended(run.Id));
    }

    /// <summary>Ends an assignment whose outcome nobody can know, and the run that it is the present attempt of, in the present transaction.</summary>
    public static async Task EndUnknownAsync(OrbitDbContext database, AssignmentRow row, string reason, DateTimeOffset now, CancellationToken ct)
    {
        if (row.RunId is not { } runId)
        {
            await database.DeclareEndedAsync(row.Id, now, ct);
            return;
        }

        Run run = await RunCommands.RequireAsync(database, runId, ct);
        if (!run.IsTerminal && run.Attempt == row.Attempt)
        {
            await RunCommands.EndUnknownAsync(database, run, reason, now, ct);
        }
    }

    /// <summary>The attempt never began: it is cancelled, and a run that had ended before is again what it was.</summary>
    public static async Task TakeBackAsync(
        OrbitDbContext database, Run run, RunAttempt attempt, NewRunEvents events, string reason, DateTimeOffset now, CancellationToken ct)
    {
        foreach (RunStep step in await database.RunSteps.Where(s => s.RunId == run.Id && s.Attempt == run.Attempt).ToListAsync(ct))
        {
            step.Status = StepStatus.Skipped;
        }

        (attempt.Status, attempt.Verdict, attempt.Reason, attempt.FinishedAt) = (RunStatus.Cancelled, Verdict.Cancelled, reason, now);
        if (!run.TakeBack())
        {
            run.Blame(FailureClass.Cancelled, reason);
            await FinishAsync(database, run, attempt, events, now, ct);
            return;
        }

        Wire.RunEvent last = events.Add(Wire.RunEventType.Finished);
        (last.Status, last.Verdict, last.Summary, last.Text) = (run.Status.ToWire(), run.Verdict.ToWire(), run.Tests.ToWire(), run.Error);
        await events.StoreAsync(database, ct);
    }

    /// <summary>A rerun of failed tests passes only when nothing fails over the same tests as before.</summary>
    private static Verdict Effective(Verdict ofAttempt, TestCounts all) =>
        ofAttempt is not (Verdict.Passed or Verdict.TestsFailed) ? ofAttempt
        : all.Failed + all.Broken + all.Interrupted + all.NotRun + all.Unknown > 0 ? Verdict.TestsFailed
        : Verdict.Passed;

    private static Task<RunAttempt> LastTestedAsync(OrbitDbContext database, Run run, CancellationToken ct) =>
        database.RunAttempts.Where(a => a.RunId == run.Id && a.Kind != "rollback" && a.StartedAt != null).OrderByDescending(a => a.Number).FirstAsync(ct);
}
