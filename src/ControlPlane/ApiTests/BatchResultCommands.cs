using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Stores results of rows and what follows from them. All under the lock on the batch.</summary>
internal static class BatchResultCommands
{
    /// <summary>A piece has ended: rows without a result wait again.</summary>
    public static async Task ClosePieceAsync(this OrbitDbContext database, Guid piece, CancellationToken ct)
    {
        await database.RunAsync("UPDATE api_batch_rows SET piece_id = NULL WHERE piece_id = @p0", [piece], ct);
        await database.RunAsync("DELETE FROM api_batch_pieces WHERE id = @p0", [piece], ct);
        database.RaiseAfterCommit(Topics.Batches);
    }

    /// <summary>Gives rows an outcome without having run them.</summary>
    public static Task SettleAsync(
        this OrbitDbContext database, ApiBatch batch, List<ApiBatchRow> rows, RowOutcome outcome, string failureClass, string reason, DateTimeOffset now, CancellationToken ct) =>
        database.StoreResultsAsync(
            batch,
            [.. rows.Select(r => new ApiBatchAttempt
            {
                BatchId = batch.Id,
                RowNo = r.RowNo,
                Attempt = r.Attempt,
                Outcome = outcome,
                FailureClass = failureClass,
                Reason = reason,
                Fingerprint = failureClass,
                FinishedAt = now,
            })],
            now,
            ct);

    /// <summary>Stores results; of each attempt of a row the first one alone counts.</summary>
    public static async Task StoreResultsAsync(this OrbitDbContext database, ApiBatch batch, IReadOnlyList<ApiBatchAttempt> results, DateTimeOffset now, CancellationToken ct)
    {
        List<ApiBatchAttempt> taken = await TakeAsync(database, batch.Id, results, ct);
        if (taken.Count == 0)
        {
            return;
        }

        await NoteAsync(database, batch, taken, ct);
        foreach (ApiBatchAttempt result in taken)
        {
            batch.Count(result.Outcome);
            database.ApiBatchEvents.Add(new() { BatchId = batch.Id, Seq = ++batch.LastSeq, At = now, RowNo = result.RowNo, Attempt = result.Attempt });
        }

        database.ApiBatchAttempts.AddRange(taken);
        await database.SaveChangesAsync(ct);
        database.RaiseAfterCommit(Topics.Batch(batch.Id));
    }

    /// <summary>How long rows took, where that decides how many run at a time.</summary>
    private static async Task NoteAsync(OrbitDbContext database, ApiBatch batch, List<ApiBatchAttempt> results, CancellationToken ct)
    {
        if (!batch.Adaptive)
        {
            return;
        }

        long[] numbers = [.. results.Where(r => r.Outcome is not RowOutcome.Skipped).Select(r => r.RowNo)];
        Dictionary<long, string> targets = await database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == batch.Id && numbers.Contains(r.RowNo)).ToDictionaryAsync(r => r.RowNo, r => r.Target, ct);
        AdaptiveLevel level = JsonSerializer.Deserialize<AdaptiveLevel>(batch.LevelState)!;
        foreach (ApiBatchAttempt result in results.Where(r => targets.ContainsKey(r.RowNo)))
        {
            level.Note(targets[result.RowNo], result.Duration, result.FailureClass);
        }

        batch.LevelState = JsonSerializer.Serialize(level);
    }

    /// <summary>The results whose rows waited for just them.</summary>
    private static async Task<List<ApiBatchAttempt>> TakeAsync(OrbitDbContext database, long batch, IReadOnlyList<ApiBatchAttempt> results, CancellationToken ct)
    {
        if (database.IsEmbedded)
        {
            var taken = new List<ApiBatchAttempt>(results.Count);
            foreach (ApiBatchAttempt result in results)
            {
                const string Take = "UPDATE api_batch_rows SET outcome = @p3 WHERE batch_id = @p0 AND row_no = @p1 AND attempt = @p2 AND outcome IS NULL";
                if (await database.RunAsync(Take, [batch, result.RowNo, result.Attempt, result.Outcome], ct) == 1)
                {
                    taken.Add(result);
                }
            }

            return taken;
        }

        ApiBatchAttempt[] all = [.. results];
        BulkColumn[] columns =
        [
            new("row_no", "bigint", Array.ConvertAll(all, r => r.RowNo)),
            new("attempt", "integer", Array.ConvertAll(all, r => r.Attempt)),
            new("outcome", "text", Array.ConvertAll(all, r => r.Outcome.ToString())),
            new("batch_id", "bigint", Array.ConvertAll(all, _ => batch)),
        ];
        List<long> rows = await database.QueryAsync(
            $"UPDATE api_batch_rows r SET outcome = x.outcome FROM {Bulk.Unnest(columns)} AS x(row_no, attempt, outcome, batch_id) WHERE r.batch_id = x.batch_id AND r.row_no = x.row_no AND r.attempt = x.attempt AND r.outcome IS NULL RETURNING r.row_no",
            Bulk.Arrays(columns), static row => row.Long(0), ct);
        return [.. all.Where(r => rows.Contains(r.RowNo))];
    }
}
