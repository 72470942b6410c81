using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

internal static class RunQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Run> Runs => database.Set<Run>();

        public DbSet<RunAttempt> RunAttempts => database.Set<RunAttempt>();

        public DbSet<RunGate> RunGates => database.Set<RunGate>();

        public DbSet<RunStep> RunSteps => database.Set<RunStep>();

        public DbSet<RunTest> RunTests => database.Set<RunTest>();

        public DbSet<RunEventRow> RunEvents => database.Set<RunEventRow>();
    }

    /// <summary>Statuses in which a run has not ended.</summary>
    public static readonly RunStatus[] Active =
        [RunStatus.Pending, RunStatus.Downloading, RunStatus.Downloaded, RunStatus.Deploying, RunStatus.Testing, RunStatus.Reporting];

    /// <summary>A run's events after a number, oldest first. Served by the primary key within one partition.</summary>
    public static Task<List<RunEventRow>> EventsAfterAsync(this OrbitDbContext database, int day, long runId, long after, int limit, CancellationToken ct) =>
        database.RunEvents.AsNoTracking()
            .Where(e => e.RunDay == day && e.RunId == runId && e.Seq > after)
            .OrderBy(e => e.Seq)
            .Take(limit)
            .ToListAsync(ct);

    /// <summary>The attempt whose tests a chain of failed-only reruns began with: the newest whole one that came to its tests.</summary>
    public static async Task<int> FirstOfChainAsync(this OrbitDbContext database, Run run, CancellationToken ct) =>
        await database.RunAttempts
            .Where(a => a.RunId == run.Id && (a.Kind == "deploy" || a.Kind == "rerun"))
            .Where(a => database.Set<RunTest>().Any(t => t.RunDay == run.Day && t.RunId == run.Id && t.Attempt == a.Number))
            .MaxAsync(a => (int?)a.Number, ct) ?? 1;

    /// <summary>Numbers over all tests of the given attempts, each test counted with its newest result.</summary>
    public static async Task<TestCounts> CountTestsAsync(this OrbitDbContext database, Run run, int firstAttempt, long durationMs, CancellationToken ct)
    {
        List<(string Outcome, long Count)> counts = await database.QueryAsync(
            """
            SELECT t.outcome, COUNT(*) FROM run_tests t
            WHERE t.run_day = @p0 AND t.run_id = @p1 AND t.attempt >= @p2
              AND NOT EXISTS (SELECT 1 FROM run_tests n WHERE n.run_day = t.run_day AND n.run_id = t.run_id AND n.test_id = t.test_id AND n.attempt > t.attempt)
            GROUP BY t.outcome
            """,
            [run.Day, run.Id, firstAttempt], static row => (row.Text(0), row.Long(1)), ct);
        List<long> flaky = run.Attempt == 1 ? [0] : await database.QueryAsync(
            """
            SELECT COUNT(*) FROM run_tests t
            WHERE t.run_day = @p0 AND t.run_id = @p1 AND t.attempt >= @p2 AND t.outcome = 'Passed'
              AND NOT EXISTS (SELECT 1 FROM run_tests n WHERE n.run_day = t.run_day AND n.run_id = t.run_id AND n.test_id = t.test_id AND n.attempt > t.attempt)
              AND EXISTS (SELECT 1 FROM run_tests b WHERE b.run_day = t.run_day AND b.run_id = t.run_id AND b.test_id = t.test_id AND b.attempt < t.attempt
                AND b.outcome IN ('Failed', 'Broken', 'Interrupted'))
            """,
            [run.Day, run.Id, firstAttempt], static row => row.Long(0), ct);
        int Of(TestOutcome outcome) => (int)counts.Where(c => c.Outcome == outcome.ToString()).Sum(c => c.Count);
        return new TestCounts
        {
            Total = (int)counts.Sum(c => c.Count),
            Passed = Of(TestOutcome.Passed),
            Failed = Of(TestOutcome.Failed),
            Broken = Of(TestOutcome.Broken),
            Skipped = Of(TestOutcome.Skipped),
            Unknown = Of(TestOutcome.Unknown) + Of(TestOutcome.Pending),
            Interrupted = Of(TestOutcome.Interrupted),
            NotRun = Of(TestOutcome.NotRun),
            Flaky = (int)flaky[0],
            DurationMs = durationMs,
        };
    }
}
