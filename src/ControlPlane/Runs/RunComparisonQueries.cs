using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>Reads what a comparison of two runs needs.</summary>
internal static class RunComparisonQueries
{
    /// <summary>The run to compare with: the named one, or the item's newest earlier one that passed. Served by the index of the item.</summary>
    public static async Task<Run> BaseOfAsync(this OrbitDbContext database, Run run, long baseId, CancellationToken ct)
    {
        if (baseId != 0)
        {
            return await database.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == baseId, ct)
                ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {baseId}.");
        }

        return await database.Runs.AsNoTracking()
                .Where(r => r.TestItemId == run.TestItemId && r.Id < run.Id && r.Verdict == Verdict.Passed)
                .OrderByDescending(r => r.Id)
                .FirstOrDefaultAsync(ct)
            ?? throw OrbitException.NotFound("NO_GOOD_RUN", $"{run.TestItemName} has no run before run {run.Id} that passed; name one to compare with.");
    }

    /// <summary>Every test of a run with its newest result.</summary>
    public static async Task<List<TestState>> TestStatesAsync(this OrbitDbContext database, Run run, CancellationToken ct)
    {
        var rows = await database.RunTests.AsNoTracking()
            .Where(t => t.RunDay == run.Day && t.RunId == run.Id)
            .OrderByDescending(t => t.Attempt)
            .Select(t => new { t.TestId, t.Outcome, t.DurationMs })
            .ToListAsync(ct);
        return [.. rows.DistinctBy(t => t.TestId, StringComparer.Ordinal).Select(t => new TestState(t.TestId, t.Outcome, t.DurationMs))];
    }

    /// <summary>Messages of a run's tests that have one, by the test's id.</summary>
    public static async Task<Dictionary<string, string>> TestMessagesAsync(this OrbitDbContext database, Run run, CancellationToken ct)
    {
        var rows = await database.RunTests.AsNoTracking()
            .Where(t => t.RunDay == run.Day && t.RunId == run.Id && t.Message != "")
            .OrderBy(t => t.Attempt)
            .Select(t => new { t.TestId, t.Message })
            .ToListAsync(ct);
        var messages = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            messages[row.TestId] = row.Message;
        }

        return messages;
    }
}
