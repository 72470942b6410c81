using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>
/// Deletes what is older than operators want to keep of batches, in small transactions: records first, later whole batches, and work that
/// was done. A batch that has not ended is never touched. Any number of replicas may be at it: what one has deleted the other does not find.
/// </summary>
internal sealed class BatchRetentionCommands(OrbitStore store, SettingsSnapshot settings, TimeProvider time)
{
    private const int BatchesAtOnce = 10;
    private const int RowsAtOnce = 1000;
    private const string Ended = "('Completed', 'Stopped')";

    /// <summary>An agent that was away for long may still ask what became of its work.</summary>
    private static readonly TimeSpan WorkKept = TimeSpan.FromDays(1);

    /// <summary>Deletes some of everything; returns how many rows went, so that the caller can go on while there is more.</summary>
    public async Task<int> DeleteSomeAsync(CancellationToken ct) =>
        await store.WriteAsync(ForgetRecordsAsync, ct) + await store.WriteAsync(DeleteBatchesAsync, ct) + await store.WriteAsync(DeleteWorkAsync, ct);

    private Task<int> ForgetRecordsAsync(OrbitDbContext database, CancellationToken ct) =>
        database.RunAsync(
            $"""
            UPDATE api_batch_attempts SET record = @p2 WHERE (batch_id, row_no, attempt) IN (
              SELECT a.batch_id, a.row_no, a.attempt FROM api_batch_attempts a JOIN api_batches b ON b.id = a.batch_id
              WHERE b.status IN {Ended} AND b.finished_at < @p0 AND length(a.record) > 0 LIMIT @p1)
            """,
            [Before(SettingCatalog.RetentionBatchRecordsDays), RowsAtOnce, Array.Empty<byte>()], ct);

    /// <summary>Rows of a batch go before it, so that a large one takes several turns.</summary>
    private async Task<int> DeleteBatchesAsync(OrbitDbContext database, CancellationToken ct)
    {
        DateTimeOffset before = Before(SettingCatalog.RetentionBatchesDays);
        List<long> old = await database.ApiBatches.AsNoTracking()
            .Where(b => (b.Status == BatchStatus.Completed || b.Status == BatchStatus.Stopped) && b.FinishedAt < before).OrderBy(b => b.Id).Select(b => b.Id).Take(BatchesAtOnce).ToListAsync(ct);
        int removed = 0;
        foreach (long id in old)
        {
            foreach ((string table, string key) in ((string, string)[])[("api_batch_attempts", "row_no"), ("api_batch_events", "seq"), ("api_batch_rows", "row_no")])
            {
                removed += await database.RunAsync($"DELETE FROM {table} WHERE batch_id = @p0 AND {key} IN (SELECT {key} FROM {table} WHERE batch_id = @p0 LIMIT @p1)", [id, RowsAtOnce], ct);
                if (removed >= RowsAtOnce)
                {
                    return removed;
                }
            }

            removed += await database.RunAsync("DELETE FROM api_batch_files WHERE batch_id = @p0", [id], ct);
            removed += await database.RunAsync("DELETE FROM api_batches WHERE id = @p0", [id], ct);
        }

        return removed;
    }

    private Task<int> DeleteWorkAsync(OrbitDbContext database, CancellationToken ct) =>
        database.RunAsync(
            """
            DELETE FROM work_items WHERE id IN (
              SELECT w.id FROM work_items w WHERE w.kind = 'Api' AND w.state = 'Ended' AND w.created_at < @p0
                AND NOT EXISTS (SELECT 1 FROM api_batch_pieces p WHERE p.id = w.id) LIMIT @p1)
            """,
            [time.GetUtcNow() - WorkKept, RowsAtOnce], ct);

    private DateTimeOffset Before(Setting<long> days) => time.GetUtcNow() - TimeSpan.FromDays(settings.Get(days));
}
