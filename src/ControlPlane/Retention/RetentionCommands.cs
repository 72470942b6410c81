using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Retention;

/// <summary>
/// Deletes what is older than operators want to keep, in small transactions, so that nobody waits long behind one. What somebody keeps (a
/// pinned run or build) is never touched. On PostgreSQL whole partitions go where nothing in them is wanted any more; one replica at a time
/// is at it.
/// </summary>
internal sealed class RetentionCommands(OrbitStore store, SettingsSnapshot settings, TimeProvider time)
{
    private const long LockKey = 0x6f72_6269_7402;
    private const int RunsAtOnce = 20;
    private const int RowsAtOnce = 500;

    /// <summary>Free pages that SQLite gives back in one transaction; 4 KiB each.</summary>
    private const int PagesAtOnce = 2000;

    private static readonly TimeSpan FeedKept = TimeSpan.FromDays(7);
    private static readonly string[] RunTables = ["run_events", "run_tests", "step_logs", "log_chunks", "result_files"];

    /// <summary>Deletes one batch of everything; returns how much went, so that the caller can go on while there is more.</summary>
    public async Task<RetentionBatch> DeleteBatchAsync(CancellationToken ct)
    {
        var batch = new RetentionBatch(
            await GuardedAsync(DeleteRunsAsync, ct),
            await GuardedAsync(DeleteLogsAsync, ct),
            await GuardedAsync(DeleteBuildsAsync, ct),
            await GuardedAsync(DeleteOtherAsync, ct));
        return batch;
    }

    /// <summary>Drops partitions that hold nothing wanted; PostgreSQL only.</summary>
    public Task<int> DropPartitionsAsync(CancellationToken ct) => GuardedAsync(DropAsync, ct);

    /// <summary>Gives free pages back to the file system, some at a time; SQLite only.</summary>
    public Task GiveSpaceBackAsync(CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                if (database.IsEmbedded)
                {
                    await database.QueryAsync($"PRAGMA incremental_vacuum({PagesAtOnce})", [], static _ => 0, token);
                }
            },
            ct);

    private Task<int> GuardedAsync(Func<OrbitDbContext, CancellationToken, Task<int>> work, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                bool mine = database.IsEmbedded || (await database.QueryAsync("SELECT pg_try_advisory_xact_lock(@p0)", [LockKey], static row => row.Flag(0), token))[0];
                return mine ? await work(database, token) : 0;
            },
            ct);

    private async Task<int> DeleteRunsAsync(OrbitDbContext database, CancellationToken ct)
    {
        DateTimeOffset before = Before(SettingCatalog.RetentionRunsDays);
        var old = await database.Runs.AsNoTracking()
            .Where(r => r.CreatedAt < before && r.PinnedBy == "" && !RunQueries.Active.Contains(r.Status) && (r.FinishedAt == null || r.FinishedAt < before))
            .OrderBy(r => r.CreatedAt).Select(r => new { r.Id, r.Day }).Take(RunsAtOnce).ToListAsync(ct);
        foreach (var run in old)
        {
            await database.DeleteRunAsync(run.Id, run.Day, ct);
        }

        return old.Count;
    }

    /// <summary>Logs and result files of runs that stay.</summary>
    private async Task<int> DeleteLogsAsync(OrbitDbContext database, CancellationToken ct)
    {
        int day = TimePartitioned.DayOf(Before(SettingCatalog.RetentionLogsDays));
        int removed = 0;
        foreach (string table in (string[])["step_logs", "result_files"])
        {
            List<(int Day, long Run)> old = await database.QueryAsync(
                $"""
                SELECT DISTINCT l.run_day, l.run_id FROM {table} l JOIN runs r ON r.id = l.run_id
                WHERE l.run_day < @p0 AND r.pinned_by = '' AND r.status IN ('Completed', 'Failed', 'Cancelled') LIMIT @p1
                """,
                [day, RunsAtOnce], static row => (row.Int(0), row.Long(1)), ct);
            foreach ((int ofDay, long run) in old)
            {
                foreach (string part in table == "step_logs" ? (string[])["log_chunks", "step_logs"] : [table])
                {
                    removed += await database.RunAsync($"DELETE FROM {part} WHERE run_day = @p0 AND run_id = @p1", [ofDay, run], ct);
                }
            }
        }

        return removed;
    }

    private Task<int> DeleteBuildsAsync(OrbitDbContext database, CancellationToken ct) =>
        database.RunAsync(
            """
            DELETE FROM builds WHERE id IN (
              SELECT b.id FROM builds b
              WHERE b.created_at < @p0 AND b.pinned_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.build_id = b.id)
                AND NOT EXISTS (SELECT 1 FROM job_versions v WHERE v.build_id = b.id)
              ORDER BY b.id LIMIT @p1)
            """,
            [Before(SettingCatalog.RetentionBuildsDays), RowsAtOnce], ct);

    private async Task<int> DeleteOtherAsync(OrbitDbContext database, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset deliveries = Before(SettingCatalog.RetentionDeliveriesDays);
        List<Guid> done = await database.Deliveries.Where(d => d.CreatedAt < deliveries && d.NextTryAt == null).OrderBy(d => d.Id).Select(d => d.Id).Take(RowsAtOnce).ToListAsync(ct);
        int removed = done.Count == 0 ? 0 : await database.Deliveries.Where(d => done.Contains(d.Id)).ExecuteDeleteAsync(ct);
        removed += await database.RunAsync(
            "DELETE FROM work_items WHERE id IN (SELECT id FROM work_items WHERE kind = 'Noop' AND state = 'Ended' AND created_at < @p0 LIMIT @p1)",
            [now - FeedKept, RowsAtOnce], ct);
        removed += await DeleteByDayAsync(database, "feed", "sequence", TimePartitioned.DayOf(now - FeedKept), ct);
        return removed + await DeleteByDayAsync(database, "audit", "id", TimePartitioned.DayOf(Before(SettingCatalog.RetentionAuditDays)), ct);
    }

    private static Task<int> DeleteByDayAsync(OrbitDbContext database, string table, string key, int day, CancellationToken ct) =>
        database.RunAsync(
            $"DELETE FROM {table} WHERE day < @p0 AND {key} IN (SELECT {key} FROM {table} WHERE day < @p0 LIMIT @p1)", [day, RowsAtOnce], ct);

    private async Task<int> DropAsync(OrbitDbContext database, CancellationToken ct)
    {
        if (database.IsEmbedded)
        {
            return 0;
        }

        DateTimeOffset now = time.GetUtcNow();
        int dropped = 0;
        foreach (string table in RunTables)
        {
            // Rows of runs that are gone are wanted by nobody: the runs themselves say what must stay.
            dropped += await Partitions.DropBeforeAsync(
                database, table, TimePartitioned.DayOf(Before(SettingCatalog.RetentionRunsDays)),
                async (from, until) => !await database.Runs.AnyAsync(r => r.Day >= from && r.Day < until, ct), ct);
        }

        dropped += await Partitions.DropBeforeAsync(database, "feed", TimePartitioned.DayOf(now - FeedKept), static (_, _) => Task.FromResult(true), ct);
        return dropped + await Partitions.DropBeforeAsync(database, "audit", TimePartitioned.DayOf(Before(SettingCatalog.RetentionAuditDays)), static (_, _) => Task.FromResult(true), ct);
    }

    private DateTimeOffset Before(Setting<long> days) => time.GetUtcNow() - TimeSpan.FromDays(settings.Get(days));
}

/// <summary>How much one batch deleted.</summary>
internal readonly record struct RetentionBatch(int Runs, int LogRows, int Builds, int Other)
{
    /// <summary>All of it.</summary>
    public int All => Runs + LogRows + Builds + Other;
}
