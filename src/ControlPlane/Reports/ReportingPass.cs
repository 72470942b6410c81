using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Reports;

/// <summary>
/// Ends runs whose agent is done. It waits for the logs and files that were announced, as long as the setting allows, asks for the report
/// of runs with Allure results, and ends runs whose report cannot be had now: numbers and verdict never depend on it.
/// </summary>
internal sealed class ReportingPass(
    OrbitStore store, SettingsSnapshot settings, AllureProgram program, IOptions<ReportOptions> options, TimeProvider time, Signals signals, ILogger<ReportingPass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;
    private readonly Patience<Wait> _patience = new(time);

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [RunTopics.Reporting, LogTopics.Ended];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        List<long> reporting = await store.ReadAsync(
            (database, cancel) => database.Runs.Where(r => r.Status == RunStatus.Reporting).OrderBy(r => r.Id).Select(r => r.Id).Take(1000).ToListAsync(cancel), ct);
        HashSet<long> waiting = [.. reporting];
        _patience.Keep(wait => waiting.Contains(wait.RunId));
        await EachAsync(reporting, runId => store.WriteAsync((database, cancel) => MoveOnAsync(database, runId, cancel), ct));
    }

    private async Task MoveOnAsync(OrbitDbContext database, long runId, CancellationToken ct)
    {
        Run run = await RunCommands.RequireAsync(database, runId, ct);
        RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, ct);
        if (run.Status is not RunStatus.Reporting || attempt.FinishedAt is null)
        {
            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        ReportJob? job = await database.ReportJobs.AsNoTracking().SingleOrDefaultAsync(j => j.RunId == runId && j.Attempt == run.Attempt, ct);
        if (job is not null)
        {
            if (WhyNotWait(job) is { } reason)
            {
                await FinishAsync(database, run, attempt, Joined(job.Note, reason), now, ct);
            }

            return;
        }

        List<RunStep> steps = await database.RunSteps.Where(s => s.RunId == runId && s.Attempt == run.Attempt).ToListAsync(ct);
        int logs = (await RunCompletion.MissingLogsAsync(database, run, steps, ct)).Count;
        (int listed, int stored) = await RunCompletion.FilesAsync(database, run, ct);
        bool whole = logs == 0 && listed == stored;
        if (!whole && !_patience.IsOver(new(runId, run.Attempt, ForReport: false), TimeSpan.FromSeconds(settings.Get(SettingCatalog.ReportWaitSeconds))))
        {
            return;
        }

        string note = whole ? "" : Incomplete(listed, stored, logs);
        if (!await database.Set<ResultFile>().AnyAsync(f => f.RunDay == run.Day && f.RunId == run.Id && f.Attempt == run.Attempt && f.IsAllure && f.Stored, ct))
        {
            await FinishAsync(database, run, attempt, note, now, ct);
            return;
        }

        await ReportCommands.WantAsync(database, run, note, now, ct);
        if (program.Find() is { Found: null, Missing: var missing })
        {
            await FinishAsync(database, run, attempt, Joined(note, $"no report: {missing}"), now, ct);
        }
    }

    /// <summary>Why a run ends without the report that was asked for; null while it can still be had.</summary>
    private string? WhyNotWait(ReportJob job) =>
        job.State is ReportJobState.Failed ? $"no report: {job.Error}"
        : _patience.IsOver(new(job.RunId, job.Attempt, ForReport: true), options.Value.RunWaits) ? "the report is not built yet; it follows when it is"
        : null;

    /// <summary>What a run waits for: its report, or before that the rest of its logs and files.</summary>
    private readonly record struct Wait(long RunId, int Attempt, bool ForReport);

    /// <summary>A run that ended needs its events; a note that is told once stays readable on the run.</summary>
    private static async Task FinishAsync(OrbitDbContext database, Run run, RunAttempt attempt, string note, DateTimeOffset now, CancellationToken ct)
    {
        var events = new NewRunEvents(run, now);
        if (note.Length > 0)
        {
            run.ReportBuilt(built: false, note);
            events.Note(note);
        }

        await RunFinish.FinishAsync(database, run, attempt, events, now, ct);
    }

    private static string Incomplete(int listed, int stored, int logs)
    {
        string files = listed == stored ? "" : $"{stored} of {listed} files arrived";
        string ends = logs == 0 ? "" : $"the end of {logs} {(logs == 1 ? "log" : "logs")} did not arrive";
        return $"incomplete: {Joined(files, ends)}";
    }

    private static string Joined(string one, string other) => one.Length == 0 ? other : other.Length == 0 ? one : $"{one}; {other}";
}
