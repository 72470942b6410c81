using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>Reads what is told about the end of a run.</summary>
internal static partial class RunFactsQueries
{
    private const int MostTests = 20;
    private const int MostLines = 4;
    private const int LongestMessage = 600;
    private const int LogBytes = 4096;
    private const int LogLines = 40;

    private static readonly TestOutcome[] Bad = [TestOutcome.Failed, TestOutcome.Broken, TestOutcome.Interrupted, TestOutcome.NotRun, TestOutcome.Unknown];

    /// <summary>Verdicts that a run can be compared with: a cancelled or lost one says nothing about the build.</summary>
    private static readonly Verdict?[] Comparable = [Verdict.Passed, Verdict.TestsFailed, Verdict.NoTests, Verdict.InfrastructureError, Verdict.TimedOut, Verdict.Interrupted];

    /// <summary>The facts; null when the run is gone or has not ended.</summary>
    public static async Task<RunFacts?> RunFactsAsync(this OrbitDbContext database, long runId, CancellationToken ct)
    {
        Run? run = await database.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, ct);
        if (run is not { IsTerminal: true })
        {
            return null;
        }

        List<RunStep> steps = await database.RunSteps.AsNoTracking().Where(s => s.RunId == runId && s.Attempt == run.Attempt).OrderBy(s => s.Ordinal).ToListAsync(ct);
        RunAttempt attempt = await database.RunAttempts.AsNoTracking().SingleAsync(a => a.RunId == runId && a.Number == run.Attempt, ct);
        string? owner = await database.WorkItems.Where(w => w.Id == attempt.AssignmentId).Select(w => w.Owner).SingleOrDefaultAsync(ct);
        Build? build = run.BuildId is { } id ? await database.Builds.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) : null;
        Run? before = await database.Runs.AsNoTracking()
            .Where(r => r.TestItemId == run.TestItemId && r.Id < runId && Comparable.Contains(r.Verdict) && !RunQueries.Active.Contains(r.Status))
            .OrderByDescending(r => r.Id).FirstOrDefaultAsync(ct);
        HashSet<string> failedBefore = before is null ? [] : [.. await Newest(database, before).Where(t => Bad.Contains(t.Outcome)).Select(t => t.TestId).ToListAsync(ct)];
        List<RunTest> failed = await Newest(database, run).Where(t => Bad.Contains(t.Outcome)).OrderBy(t => t.Ordinal).ThenBy(t => t.TestId).ToListAsync(ct);
        RunGate? gate = await database.RunGates.AsNoTracking().SingleOrDefaultAsync(g => g.RunId == runId && g.Attempt == run.Attempt, ct);
        bool compares = before?.Tests.Total > 0;
        bool IsNew(RunTest test) => compares && !failedBefore.Contains(test.TestId);
        return new RunFacts
        {
            Run = run,
            Steps = steps,
            Owner = owner ?? run.RequestedBy,
            Build = build is null ? null : new(build.JobName, build.BuildNumber, build.BuildUser, build.PackagePath, build.LabelPairs),
            Failed = [.. failed.OrderByDescending(IsNew).Take(MostTests).Select(t => new FailedTest(t.TestId, t.Outcome, FirstLines(t.Message), IsNew(t)))],
            FailedInAll = failed.Count,
            Previous = before is null ? null : new(before.Id, before.Verdict!.Value),
            NewlyFailing = failed.Count(IsNew),
            Mended = failedBefore.Count == 0 ? 0 : await Newest(database, run).CountAsync(t => t.Outcome == TestOutcome.Passed && failedBefore.Contains(t.TestId), ct),
            LogEnd = await LogEndAsync(database, run, steps, ct),
            HostState = attempt.Reason,
            Gate = gate,
            PreviousGate = gate is null ? null : await GateBeforeAsync(database, run, ct),
        };
    }

    /// <summary>How the newest gate before this attempt was decided, of those that say something about a version.</summary>
    private static Task<GateState?> GateBeforeAsync(OrbitDbContext database, Run run, CancellationToken ct) =>
        database.Runs.AsNoTracking().Where(r => r.TestItemId == run.TestItemId)
            .Join(database.RunGates.AsNoTracking(), r => r.Id, g => g.RunId, (_, g) => g)
            .Where(g => g.RunId < run.Id || (g.RunId == run.Id && g.Attempt < run.Attempt))
            .Where(g => g.State == GateState.Passed || g.State == GateState.Failed || g.State == GateState.Broken)
            .OrderByDescending(g => g.RunId).ThenByDescending(g => g.Attempt).Select(g => (GateState?)g.State).FirstOrDefaultAsync(ct);

    /// <summary>Each test with its newest result. Served by the primary key within one partition.</summary>
    private static IQueryable<RunTest> Newest(OrbitDbContext database, Run run)
    {
        IQueryable<RunTest> all = database.RunTests.AsNoTracking().Where(t => t.RunDay == run.Day && t.RunId == run.Id);
        return all.Where(t => !all.Any(n => n.TestId == t.TestId && n.Attempt > t.Attempt));
    }

    private static async Task<string> LogEndAsync(OrbitDbContext database, Run run, List<RunStep> steps, CancellationToken ct)
    {
        RunStep? failed = steps.Find(s => s.Status is StepStatus.Failed or StepStatus.Unknown);
        StepLog? log = failed is null ? null : (await database.StepLogsAsync(run.Day, run.Id, run.Attempt, ct)).Find(l => l.Step == failed.Name);
        if (log is null)
        {
            return "";
        }

        List<LogChunkRow> chunks = await database.ChunksFromAsync(run.Day, run.Id, run.Attempt, log.Step, Math.Max(0, log.Length - LogBytes), 64, ct);
        byte[] bytes = [.. chunks.SelectMany(LogCodec.Unpack)];
        string text = Encoding.UTF8.GetString(bytes.AsSpan(Math.Max(0, bytes.Length - LogBytes)));
        string[] lines = Escapes().Replace(text, "").ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        return Clean(string.Join('\n', lines.TakeLast(LogLines)));
    }

    private static string FirstLines(string message)
    {
        string text = Clean(Escapes().Replace(message, "").ReplaceLineEndings("\n").Trim('\n'));
        string lines = string.Join('\n', text.Split('\n').Take(MostLines));
        return AgentText.Cut(lines, LongestMessage);
    }

    private static string Clean(string text) => new([.. text.Where(c => c is '\n' or '\t' || !char.IsControl(c))]);

    /// <summary>Colours and movements of terminals.</summary>
    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escapes();
}
