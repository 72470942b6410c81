using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>Whether all that an attempt announced has arrived.</summary>
internal static class RunCompletion
{
    /// <summary>True when the attempt listed no files and all log bytes are stored: nothing is left to wait for or to build.</summary>
    public static async Task<bool> IsCompleteWithoutReportAsync(OrbitDbContext database, Run run, IReadOnlyList<RunStep> steps, CancellationToken ct) =>
        !await database.Set<ResultFile>().AnyAsync(f => f.RunDay == run.Day && f.RunId == run.Id && f.Attempt == run.Attempt, ct)
        && (await MissingLogsAsync(database, run, steps, ct)).Count == 0;

    /// <summary>Steps whose log has not arrived whole.</summary>
    public static async Task<List<string>> MissingLogsAsync(OrbitDbContext database, Run run, IReadOnlyList<RunStep> steps, CancellationToken ct)
    {
        Dictionary<string, long> stored = await database.Set<StepLog>().AsNoTracking()
            .Where(l => l.RunDay == run.Day && l.RunId == run.Id && l.Attempt == run.Attempt)
            .ToDictionaryAsync(l => l.Step, l => l.Length, ct);
        return [.. steps.Where(s => s.LogLength > stored.GetValueOrDefault(s.Name)).Select(s => s.Name)];
    }

    /// <summary>How many listed files there are, and how many have arrived.</summary>
    public static async Task<(int Listed, int Stored)> FilesAsync(OrbitDbContext database, Run run, CancellationToken ct)
    {
        IQueryable<ResultFile> files = database.Set<ResultFile>().Where(f => f.RunDay == run.Day && f.RunId == run.Id && f.Attempt == run.Attempt);
        return (await files.CountAsync(ct), await files.CountAsync(f => f.Stored, ct));
    }
}
