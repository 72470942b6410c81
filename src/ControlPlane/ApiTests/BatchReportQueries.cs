using Microsoft.EntityFrameworkCore;
using Orbit.ApiTesting.Records;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Rows of two batches that differ in outcome.</summary>
internal sealed record BatchDifference(long BatchId, List<BatchRowView> NewlyFailed, List<BatchRowView> NewlyPassed, int StillFailing);

/// <summary>Figures of a batch.</summary>
internal sealed record BatchFigures(
    BatchView Batch, LatencyFigures Durations, long Requests, List<BatchRowView> Slowest, List<FailureCluster> Clusters, BatchDifference? Difference, List<BatchView> Trend)
{
    /// <summary>What people noted of the causes.</summary>
    public IReadOnlyDictionary<string, FailureNote> Notes { get; init; } = new Dictionary<string, FailureNote>();
}

/// <summary>Reads figures. Rows pass by one after another, so memory depends on the number of causes alone, not on the rows.</summary>
internal static class BatchReportQueries
{
    private const int TrendLength = 20;
    private const int MostShown = 100;
    private const int MostSlow = 10;

    public static async Task<BatchFigures> FiguresAsync(this OrbitDbContext database, long id, long compareWith, Caller by, CancellationToken ct)
    {
        BatchView view = await database.BatchViewAsync(id, ct);
        var durations = new LatencyFigures();
        var clusters = new Dictionary<string, FailureCluster>(StringComparer.Ordinal);
        long requests = 0;
        var newest = database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == id && r.Outcome != null)
            .Join(database.ApiBatchAttempts.AsNoTracking().Where(a => a.BatchId == id), r => new { r.RowNo, r.Attempt }, a => new { a.RowNo, a.Attempt }, (r, a) => new { a.RowNo, r.Target, a.Outcome, a.FailureClass, a.Reason, a.Fingerprint, a.Duration, a.RequestCount });
        await foreach (var row in newest.OrderBy(r => r.RowNo).AsAsyncEnumerable().WithCancellation(ct))
        {
            requests += row.RequestCount;
            if (row.Outcome is not RowOutcome.Skipped)
            {
                durations.Add(row.Duration);
            }

            if (row.Outcome is RowOutcome.Failed)
            {
                clusters[row.Fingerprint] = clusters.TryGetValue(row.Fingerprint, out FailureCluster? known)
                    ? known with { Count = known.Count + 1 }
                    : new(row.Fingerprint, row.Target, row.FailureClass, row.Reason, row.RowNo, 1);
            }
        }

        long[] slow = await newest.OrderByDescending(r => r.Duration).Take(MostSlow).Select(r => r.RowNo).ToArrayAsync(ct);
        List<BatchRowView> slowest = [.. (await database.RowsAsync(id, rows => rows.Where(r => slow.Contains(r.RowNo)), records: false, ct)).OrderByDescending(r => r.Result?.Duration)];
        List<ApiBatch> trend = await database.ApiBatches.AsNoTracking().Where(b => b.Name == view.Batch.Name && b.Id <= id).OrderByDescending(b => b.Id).Take(TrendLength).ToListAsync(ct);
        HashSet<long> hidden = await database.HiddenAsync(trend, by, ct);
        trend.RemoveAll(b => hidden.Contains(b.Id));
        trend.Reverse();
        if (compareWith != 0)
        {
            await database.RequireReadableAsync(compareWith, by, ct);
        }

        BatchDifference? difference = await database.DifferenceAsync(view.Batch, compareWith, trend, ct);
        List<FailureCluster> shown = [.. clusters.Values.OrderByDescending(c => c.Count).ThenBy(c => c.FirstRow).Take(MostShown)];
        string[] marks = [.. shown.Select(c => c.Fingerprint)];
        List<FailureNote> notes = await database.FailureNotes.AsNoTracking().Where(n => marks.Contains(n.Fingerprint)).ToListAsync(ct);
        HashSet<FailureNote> unseen = await database.HiddenAsync(notes, static n => n.Scope, by, ct);
        return new(view, durations, requests, slowest, shown, difference, await database.WithWaitingAsync(trend, ct))
        {
            Notes = notes.Where(n => !unseen.Contains(n)).ToDictionary(n => n.Fingerprint),
        };
    }

    private static async Task<BatchDifference?> DifferenceAsync(this OrbitDbContext database, ApiBatch batch, long compareWith, List<ApiBatch> trend, CancellationToken ct)
    {
        long? other = compareWith != 0 ? (await database.ApiBatches.AsNoTracking().RequireAsync(compareWith, ct)).Id : trend.LastOrDefault(b => b.Id < batch.Id)?.Id;
        if (other is not { } earlier)
        {
            return null;
        }

        // The same target with the same values is the same row, whatever its number.
        var now = database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == batch.Id);
        var before = database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == earlier);
        var both = now.Join(before, n => new { n.Target, n.Name, n.Content }, b => new { b.Target, b.Name, b.Content }, (n, b) => new { n.RowNo, Now = n.Outcome, Before = b.Outcome });
        long[] failed = await both.Where(r => r.Now == RowOutcome.Failed && r.Before != RowOutcome.Failed).OrderBy(r => r.RowNo).Select(r => r.RowNo).Take(MostShown).ToArrayAsync(ct);
        long[] passed = await both.Where(r => r.Now == RowOutcome.Passed && r.Before != RowOutcome.Passed).OrderBy(r => r.RowNo).Select(r => r.RowNo).Take(MostShown).ToArrayAsync(ct);
        int still = await both.CountAsync(r => r.Now == RowOutcome.Failed && r.Before == RowOutcome.Failed, ct);
        return new(
            earlier,
            await database.RowsAsync(batch.Id, rows => rows.Where(r => failed.Contains(r.RowNo)).OrderBy(r => r.RowNo), records: false, ct),
            await database.RowsAsync(batch.Id, rows => rows.Where(r => passed.Contains(r.RowNo)).OrderBy(r => r.RowNo), records: false, ct),
            still);
    }
}
