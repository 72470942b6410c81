using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Tests that a batch of facts collected or ended, stored together.</summary>
/// <param name="database">Where they are stored.</param>
/// <param name="run">Whose they are.</param>
/// <param name="firstAttempt">The attempt from which on the run's numbers count: with a rerun of failed tests an earlier one.</param>
internal sealed class TestChangesIngest(OrbitDbContext database, Run run, int firstAttempt)
{
    private const int LongestId = 2048;
    private const int LongestMessage = 4 * 1024;
    private const int LongestText = 64 * 1024;

    private readonly Dictionary<string, RunTest> _changed = new(StringComparer.Ordinal);
    private Dictionary<string, TestOutcome>? _before;

    /// <summary>Tests became known.</summary>
    public void Collected(Wire.TestsCollected collected, NewRunEvents events)
    {
        int ordinal = collected.FirstOrdinal;
        foreach (string id in collected.Ids)
        {
            RunTest test = Of(id);
            test.Ordinal = ordinal++;
        }

        run.Count(run.Tests with { Total = Math.Max(collected.Total, run.Tests.Total) });
        if (collected.FirstOrdinal == 0)
        {
            events.Add(Wire.RunEventType.TestsCollected).Summary = run.Tests.ToWire();
        }
    }

    /// <summary>A test ended. A result that comes again replaces the earlier one.</summary>
    public async Task EndedAsync(Wire.TestResult ended, NewRunEvents events, CancellationToken ct)
    {
        RunTest test = Of(ended.Id);
        TestOutcome before = test.Outcome is not TestOutcome.Pending ? test.Outcome : await BeforeAsync(test.TestId, ct);
        (test.Outcome, test.DurationMs, test.Worker) = (ended.Outcome.ToDomain(), Math.Max(0, ended.DurationMs), Cut(ended.Worker, 64));
        (test.Message, test.Trace, test.Output) = (Cut(ended.Message, LongestMessage), Cut(ended.Trace, LongestText), Cut(ended.Output, LongestText));
        test.Ordinal = Math.Max(test.Ordinal, ended.Ordinal);
        run.Count(Add(Add(run.Tests, before, -1), test.Outcome, +1));
        Wire.RunEvent told = events.Add(Wire.RunEventType.TestFinished);
        (told.Test, told.Summary) = (test.ToWire(), run.Tests.ToWire());
        told.Test.Trace = "";
        told.Test.Output = ""; // the page asks for these with the test; the event stays small
    }

    /// <summary>Tests that were collected and never ended were never reached.</summary>
    public Task CloseAsync(CancellationToken ct) =>
        database.RunAsync(
            "UPDATE run_tests SET outcome = 'NotRun' WHERE run_day = @p0 AND run_id = @p1 AND attempt = @p2 AND outcome = 'Pending'",
            [run.Day, run.Id, run.Attempt], ct);

    /// <summary>Writes all changed tests in one statement.</summary>
    public async Task StoreAsync(CancellationToken ct)
    {
        if (_changed.Count == 0)
        {
            return;
        }

        RunTest[] tests = [.. _changed.Values];
        await database.InsertAsync(
            "run_tests",
            [
                new("run_day", "integer", Array.ConvertAll(tests, _ => run.Day)),
                new("run_id", "bigint", Array.ConvertAll(tests, _ => run.Id)),
                new("attempt", "integer", Array.ConvertAll(tests, _ => run.Attempt)),
                new("test_id", "text", Array.ConvertAll(tests, t => t.TestId)),
                new("ordinal", "integer", Array.ConvertAll(tests, t => t.Ordinal)),
                new("outcome", "text", Array.ConvertAll(tests, t => t.Outcome.ToString())),
                new("duration_ms", "bigint", Array.ConvertAll(tests, t => t.DurationMs)),
                new("message", "text", Array.ConvertAll(tests, t => t.Message)),
                new("trace", "text", Array.ConvertAll(tests, t => t.Trace)),
                new("output", "text", Array.ConvertAll(tests, t => t.Output)),
                new("worker", "text", Array.ConvertAll(tests, t => t.Worker)),
            ],
            // A collected test that is known keeps its result; a result replaces what was there.
            """
            (run_day, run_id, attempt, test_id) DO UPDATE SET
              ordinal = CASE WHEN excluded.ordinal > run_tests.ordinal THEN excluded.ordinal ELSE run_tests.ordinal END,
              outcome = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.outcome ELSE excluded.outcome END,
              duration_ms = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.duration_ms ELSE excluded.duration_ms END,
              message = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.message ELSE excluded.message END,
              trace = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.trace ELSE excluded.trace END,
              output = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.output ELSE excluded.output END,
              worker = CASE WHEN excluded.outcome = 'Pending' THEN run_tests.worker ELSE excluded.worker END
            """,
            ct);
        _changed.Clear();
        _before = null;
    }

    private RunTest Of(string id)
    {
        string key = Cut(id, LongestId);
        if (!_changed.TryGetValue(key, out RunTest? test))
        {
            test = new RunTest { RunDay = run.Day, RunId = run.Id, Attempt = run.Attempt, TestId = key };
            _changed.Add(key, test);
        }

        return test;
    }

    /// <summary>The outcome stored before this batch, so that no test is counted twice.</summary>
    private async Task<TestOutcome> BeforeAsync(string id, CancellationToken ct)
    {
        _before ??= [];
        if (!_before.TryGetValue(id, out TestOutcome known))
        {
            List<string> stored = await database.QueryAsync(
                "SELECT outcome FROM run_tests WHERE run_day = @p0 AND run_id = @p1 AND attempt >= @p2 AND attempt <= @p4 AND test_id = @p3 ORDER BY CASE WHEN outcome = 'Pending' THEN 1 ELSE 0 END, attempt DESC LIMIT 1",
                [run.Day, run.Id, firstAttempt, id, run.Attempt], static row => row.Text(0), ct);
            known = stored.Count == 0 ? TestOutcome.Pending : Enum.Parse<TestOutcome>(stored[0]);
            _before[id] = known;
        }

        return known;
    }

    private static TestCounts Add(TestCounts counts, TestOutcome outcome, int by) => outcome switch
    {
        TestOutcome.Passed => counts with { Passed = counts.Passed + by },
        TestOutcome.Failed => counts with { Failed = counts.Failed + by },
        TestOutcome.Broken => counts with { Broken = counts.Broken + by },
        TestOutcome.Skipped => counts with { Skipped = counts.Skipped + by },
        TestOutcome.Interrupted => counts with { Interrupted = counts.Interrupted + by },
        TestOutcome.NotRun => counts with { NotRun = counts.NotRun + by },
        TestOutcome.Unknown => counts with { Unknown = counts.Unknown + by },
        _ => counts,
    };

    private static string Cut(string text, int most) => AgentText.Cut(text, most);
}
