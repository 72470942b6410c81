using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>Removes a run with all that hangs on it, in the present transaction.</summary>
internal static class RunDeletionCommands
{
    /// <summary>
    /// Tables below a run that are found by its day and id. In SQL: other slices know runs, so runs may not know them. Blobs that only they
    /// named are swept later.
    /// </summary>
    private static readonly string[] ByDay = ["run_events", "run_tests", "step_logs", "log_chunks", "result_files"];

    private static readonly string[] ByRun = ["run_steps", "run_gates", "run_attempts", "report_jobs", "reports", "notices", "work_items"];

    /// <summary>Deletes one run.</summary>
    public static async Task DeleteRunAsync(this OrbitDbContext database, long runId, int day, CancellationToken ct)
    {
        foreach (string table in ByDay)
        {
            await database.RunAsync($"DELETE FROM {table} WHERE run_day = @p0 AND run_id = @p1", [day, runId], ct);
        }

        foreach (string table in ByRun)
        {
            await database.RunAsync($"DELETE FROM {table} WHERE run_id = @p0", [runId], ct);
        }

        await database.RunAsync("DELETE FROM runs WHERE id = @p0", [runId], ct);
        database.Changed("runs", runId);
    }
}
