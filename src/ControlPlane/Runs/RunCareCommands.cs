using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>What people do to runs beside running them: give more time, keep, delete.</summary>
internal sealed class RunCareCommands(OrbitStore store, TimeProvider time)
{
    private const long ShortestExtension = 60;
    private const long LongestExtension = 86_400;
    private const long LongestInAll = 7 * 86_400;

    /// <summary>Gives a run that has not ended more time. Its agent is told with each heartbeat.</summary>
    /// <exception cref="OrbitException">EXTENSION_INVALID, RUN_NOT_FOUND, RUN_ENDED.</exception>
    public Task ExtendAsync(long runId, long seconds, Caller by, CancellationToken ct)
    {
        if (seconds is < ShortestExtension or > LongestExtension)
        {
            throw OrbitException.Invalid("EXTENSION_INVALID", $"seconds is {seconds}; {ShortestExtension} to {LongestExtension} are allowed.");
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                Run run = await RunCommands.RequireAsync(database, runId, token);
                if (run.IsTerminal || run.Status is RunStatus.Reporting)
                {
                    throw OrbitException.Conflict("RUN_ENDED", $"Run {runId} is {run.Status}; there is nothing left to extend.");
                }

                if (run.ExtendedSeconds + seconds > LongestInAll)
                {
                    throw OrbitException.Invalid("EXTENSION_INVALID", $"Run {runId} is extended by {run.ExtendedSeconds} s already; {LongestInAll} s in all are allowed.");
                }

                DateTimeOffset now = time.GetUtcNow();
                run.Extend(seconds);
                RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, token);
                await database.ExtendAsync(attempt.AssignmentId, seconds, token);
                var events = new NewRunEvents(run, now);
                events.Note($"extended by {seconds} s by {by.Name}");
                await events.StoreAsync(database, token);
                database.Audit(by, now, "run.extended", $"run:{runId}", @new: new { Seconds = seconds, InAll = run.ExtendedSeconds });
                AssignmentRow? row = (await database.AssignmentsAsync([attempt.AssignmentId], token)).FirstOrDefault();
                database.RaiseAfterCommit(Topics.Agent(row?.AgentId ?? 0));
            },
            ct);
    }

    /// <summary>Keeps a run from retention, or lets it go.</summary>
    /// <exception cref="OrbitException">RUN_NOT_FOUND.</exception>
    public Task PinAsync(long runId, bool pinned, string note, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Run run = await RunCommands.RequireAsync(database, runId, token);
                if (pinned == run.PinnedBy.Length > 0 && (!pinned || note == run.PinNote))
                {
                    return;
                }

                run.Pin(pinned ? by.Name : "", pinned ? note : "");
                database.Audit(by, time.GetUtcNow(), pinned ? "run.pinned" : "run.unpinned", $"run:{runId}", @new: new { Note = note });
                database.Changed("runs", runId);
            },
            ct);

    /// <summary>Deletes an ended run that nobody keeps.</summary>
    /// <exception cref="OrbitException">RUN_NOT_FOUND, RUN_NOT_ENDED, RUN_PINNED.</exception>
    public Task DeleteAsync(long runId, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Run run = await RunCommands.RequireAsync(database, runId, token);
                if (!run.IsTerminal)
                {
                    throw OrbitException.Conflict("RUN_NOT_ENDED", $"Run {runId} has not ended; it is {run.Status}. Cancel it first.");
                }

                if (run.PinnedBy.Length > 0)
                {
                    throw OrbitException.Conflict("RUN_PINNED", $"Run {runId} is kept by {run.PinnedBy}: {run.PinNote}. Let it go first.");
                }

                await database.DeleteRunAsync(runId, run.Day, token);
                database.Audit(by, time.GetUtcNow(), "run.deleted", $"run:{runId}", new { run.TestItemName, run.JobName, run.BuildNumber, run.Verdict });
            },
            ct);
}
