using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>
/// Finishes runs whose agent is done, once their logs and files have arrived, or after the wait that settings allow, saying what is
/// missing. Runs with results go through the report first.
/// </summary>
internal sealed class RunCompletionPass(OrbitStore store, TimeProvider time, Signals signals, ILogger<RunCompletionPass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override string Hint => RunTopics.Reporting;

    /// <summary>How long a run waits for what its agent announced.</summary>
    private static TimeSpan Patience => TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        List<long> reporting = await store.ReadAsync(
            (database, cancel) => database.Runs.Where(r => r.Status == RunStatus.Reporting).OrderBy(r => r.Id).Select(r => r.Id).Take(1000).ToListAsync(cancel), ct);
        foreach (long runId in reporting)
        {
            await store.WriteAsync((database, cancel) => FinishIfReadyAsync(database, runId, cancel), ct);
        }
    }

    private async Task FinishIfReadyAsync(OrbitDbContext database, long runId, CancellationToken ct)
    {
        Run run = await RunCommands.RequireAsync(database, runId, ct);
        RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, ct);
        if (run.Status is not RunStatus.Reporting || attempt.FinishedAt is not { } ended)
        {
            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        List<RunStep> steps = await database.RunSteps.Where(s => s.RunId == runId && s.Attempt == run.Attempt).ToListAsync(ct);
        List<string> missing = await RunCompletion.MissingLogsAsync(database, run, steps, ct);
        (int listed, int stored) = await RunCompletion.FilesAsync(database, run, ct);
        bool whole = missing.Count == 0 && listed == stored;
        if (!whole && now - ended < Patience)
        {
            return;
        }

        var events = new NewRunEvents(run, now);
        if (!whole)
        {
            string note = $"incomplete: {listed - stored} of {listed} files and the end of {missing.Count} logs did not arrive";
            run.ReportBuilt(built: false, note);
            events.Note(note);
        }

        await RunFinish.FinishAsync(database, run, attempt, events, now, ct);
    }
}
