using System.Globalization;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a list of tests is narrowed to.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Attempt">The attempt; 0: each test's newest result.</param>
/// <param name="Outcomes">Only these; all when empty.</param>
/// <param name="Text">Only ids with this text, ignoring case; all when empty.</param>
/// <param name="Brief">Without traces and outputs.</param>
internal sealed record TestFilter(long RunId, int Attempt, IReadOnlyList<TestOutcome> Outcomes, string Text, bool Brief = false);

/// <summary>A test with what its history in the run says.</summary>
internal sealed record TestView(RunTest Test, bool Flaky);

/// <summary>Reads tests of runs.</summary>
internal static class TestViews
{
    /// <summary>Tests in order of collection after a position, and of equal ones by attempt. Served by the index on run, attempt and order.</summary>
    public static async Task<List<TestView>> TestPageAsync(this OrbitDbContext database, TestFilter filter, string after, int limit, CancellationToken ct)
    {
        Run run = await database.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == filter.RunId, ct)
            ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {filter.RunId}.");
        IQueryable<RunTest> all = database.RunTests.AsNoTracking().Where(t => t.RunDay == run.Day && t.RunId == run.Id);
        IQueryable<RunTest> tests = filter.Attempt > 0
            ? all.Where(t => t.Attempt == filter.Attempt)
            : all.Where(t => !all.Any(n => n.TestId == t.TestId && n.Attempt > t.Attempt));
        if (filter.Outcomes.Count > 0)
        {
            tests = tests.Where(t => filter.Outcomes.Contains(t.Outcome));
        }

        if (filter.Text.Length > 0)
        {
            string text = filter.Text.ToLowerInvariant();
#pragma warning disable CA1862, CA1304, CA1311 // translated to SQL, which has no comparison argument
            tests = tests.Where(t => t.TestId.ToLower().Contains(text));
#pragma warning restore CA1862, CA1304, CA1311
        }

        tests = After(tests, after).OrderBy(t => t.Ordinal).ThenBy(t => t.TestId).Take(limit);
        List<RunTest> page = await (filter.Brief ? tests.Select(WithoutTexts) : tests).ToListAsync(ct);
        HashSet<string> failedBefore = run.Attempt == 1
            ? []
            : [.. await all.Where(t => t.Outcome == TestOutcome.Failed || t.Outcome == TestOutcome.Broken || t.Outcome == TestOutcome.Interrupted).Select(t => t.TestId).ToListAsync(ct)];
        return [.. page.Select(t => new TestView(t, t.Outcome is TestOutcome.Passed && failedBefore.Contains(t.TestId)))];
    }

    /// <summary>Where a page goes on; attempts number their tests from 0 each, so a position alone is not enough.</summary>
    public static string PositionOf(RunTest last) => string.Create(CultureInfo.InvariantCulture, $"{last.Ordinal}:{last.TestId}");

    private static readonly Expression<Func<RunTest, RunTest>> WithoutTexts = t => new RunTest
    {
        RunDay = t.RunDay,
        RunId = t.RunId,
        Attempt = t.Attempt,
        Ordinal = t.Ordinal,
        TestId = t.TestId,
        Outcome = t.Outcome,
        DurationMs = t.DurationMs,
        Message = t.Message,
        Worker = t.Worker,
    };

    private static IQueryable<RunTest> After(IQueryable<RunTest> tests, string position)
    {
        if (position.Length == 0)
        {
            return tests;
        }

        int colon = position.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !int.TryParse(position.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
        {
            throw OrbitException.Invalid("PAGE_TOKEN_INVALID", "page_token is none that this list gave out; leave it empty to begin at the first page.");
        }

        string id = position[(colon + 1)..];
        return tests.Where(t => t.Ordinal > ordinal || (t.Ordinal == ordinal && string.Compare(t.TestId, id) > 0));
    }
}
