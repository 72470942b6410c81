using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>A batch with what is known only from what it has under way.</summary>
internal sealed record BatchView(ApiBatch Batch, int RunningRows, string WaitingReason)
{
    /// <summary>True: the reader may not see all that it runs, and so not what it is called.</summary>
    public bool IsHidden { get; init; }
}

/// <summary>A row with its newest result.</summary>
internal sealed record BatchRowView(ApiBatchRow Row, ApiBatchAttempt? Result);

/// <summary>An event, with the result it tells of.</summary>
internal sealed record BatchEventView(ApiBatchEvent Event, BatchRowView? Row);

/// <summary>Reads of batches.</summary>
internal static class BatchQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<ApiBatch> ApiBatches => database.Set<ApiBatch>();

        public DbSet<ApiBatchRow> ApiBatchRows => database.Set<ApiBatchRow>();

        public DbSet<ApiBatchAttempt> ApiBatchAttempts => database.Set<ApiBatchAttempt>();

        public DbSet<ApiBatchPiece> ApiBatchPieces => database.Set<ApiBatchPiece>();

        public DbSet<ApiPool> ApiPools => database.Set<ApiPool>();

        public DbSet<ApiBatchEvent> ApiBatchEvents => database.Set<ApiBatchEvent>();

        public DbSet<FailureNote> FailureNotes => database.Set<FailureNote>();

        public DbSet<ApiBatchSchedule> ApiBatchSchedules => database.Set<ApiBatchSchedule>();
    }

    /// <summary>Takes the lock on a batch's row for the rest of the transaction. False: there is no such batch.</summary>
    public static async Task<bool> LockBatchAsync(this OrbitDbContext database, long id, CancellationToken ct) =>
        await database.RunAsync("UPDATE api_batches SET revision = revision + 1 WHERE id = @p0", [id], ct) == 1;

    /// <summary>One batch.</summary>
    /// <exception cref="OrbitException">BATCH_NOT_FOUND.</exception>
    public static async Task<ApiBatch> RequireAsync(this IQueryable<ApiBatch> batches, long id, CancellationToken ct) =>
        await batches.FirstOrDefaultAsync(b => b.Id == id, ct) ?? throw OrbitException.NotFound("BATCH_NOT_FOUND", $"There is no batch {id}.");

    /// <summary>One batch as people see it.</summary>
    public static async Task<BatchView> BatchViewAsync(this OrbitDbContext database, long id, CancellationToken ct) =>
        (await database.WithWaitingAsync([await database.ApiBatches.AsNoTracking().RequireAsync(id, ct)], ct))[0];

    /// <summary>One batch as one person sees it.</summary>
    public static async Task<BatchView> BatchViewAsync(this OrbitDbContext database, long id, Caller by, CancellationToken ct) =>
        (await database.AsSeenAsync([await database.BatchViewAsync(id, ct)], by, ct))[0];

    /// <summary>Marks those that a person may not read.</summary>
    private static async Task<List<BatchView>> AsSeenAsync(this OrbitDbContext database, List<BatchView> views, Caller by, CancellationToken ct)
    {
        HashSet<long> hidden = await database.HiddenAsync(views.Select(v => v.Batch), by, ct);
        return [.. views.Select(v => v with { IsHidden = hidden.Contains(v.Batch.Id) })];
    }

    /// <summary>Adds what is under way. Served by the index of pieces by batch.</summary>
    public static async Task<List<BatchView>> WithWaitingAsync(this OrbitDbContext database, List<ApiBatch> batches, CancellationToken ct)
    {
        var views = new List<BatchView>(batches.Count);
        foreach (ApiBatch batch in batches)
        {
            List<(int Rows, string State, string Reason)> pieces = batch.HasEnded ? [] : await database.QueryAsync(
                "SELECT p.rows, w.state, w.waiting_reason FROM api_batch_pieces p JOIN work_items w ON w.id = p.id WHERE p.batch_id = @p0",
                [batch.Id], static row => (row.Int(0), row.Text(1), row.Text(2)), ct);
            int running = pieces.Count(p => p.State is "Accepted" or "Running");
            string reason = running > 0 || batch.HasEnded ? "" : batch.Status is BatchStatus.Paused ? "paused" : batch.NotBefore is not null ? "a pause between two parts"
                : pieces.Count == 0 && batch.Pools != "{}" ? $"waits for a place in a resource pool: {string.Join(", ", PoolRoom.NamesOf(batch))}"
                : pieces.Select(p => p.Reason).FirstOrDefault(r => r.Length > 0) ?? "";
            views.Add(new(batch, running, reason));
        }

        return views;
    }

    /// <summary>Rows with their newest results, by number. Served by the primary keys.</summary>
    public static async Task<List<BatchRowView>> RowsAsync(this OrbitDbContext database, long batch, Func<IQueryable<ApiBatchRow>, IQueryable<ApiBatchRow>> which, bool records, CancellationToken ct)
    {
        List<ApiBatchRow> rows = await which(database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == batch)).ToListAsync(ct);
        long[] numbers = [.. rows.Select(r => r.RowNo)];
        IQueryable<ApiBatchAttempt> attempts = database.ApiBatchAttempts.AsNoTracking().Where(a => a.BatchId == batch && numbers.Contains(a.RowNo));
        Dictionary<(long, int), ApiBatchAttempt> results = (await (records ? attempts : attempts.WithoutRecord()).ToListAsync(ct)).ToDictionary(a => (a.RowNo, a.Attempt));
        return [.. rows.Select(r => new BatchRowView(r, results.GetValueOrDefault((r.RowNo, r.Attempt))))];
    }

    /// <summary>Events after a number, oldest first. Served by the primary key.</summary>
    public static async Task<List<BatchEventView>> EventsAfterAsync(this OrbitDbContext database, long batch, long after, int size, CancellationToken ct)
    {
        List<ApiBatchEvent> events = await database.ApiBatchEvents.AsNoTracking().Where(e => e.BatchId == batch && e.Seq > after).OrderBy(e => e.Seq).Take(size).ToListAsync(ct);
        long[] numbers = [.. events.Where(e => e.RowNo is not null).Select(e => e.RowNo!.Value).Distinct()];
        Dictionary<long, ApiBatchRow> rows = await database.ApiBatchRows.AsNoTracking().Where(r => r.BatchId == batch && numbers.Contains(r.RowNo)).ToDictionaryAsync(r => r.RowNo, ct);
        Dictionary<(long, int), ApiBatchAttempt> results = (await database.ApiBatchAttempts.AsNoTracking().Where(a => a.BatchId == batch && numbers.Contains(a.RowNo)).WithoutRecord().ToListAsync(ct))
            .ToDictionary(a => (a.RowNo, a.Attempt));
        return [.. events.Select(e => new BatchEventView(e, e.RowNo is { } row ? new(rows[row], results.GetValueOrDefault((row, e.Attempt ?? 1))) : null))];
    }

    /// <summary>A page of batches, newest first. Served by the primary key, or by (name, id).</summary>
    public static async Task<(List<BatchView> Views, string Next)> BatchPageAsync(this OrbitDbContext database, string name, long? before, int size, Caller by, CancellationToken ct)
    {
        IQueryable<ApiBatch> rows = database.ApiBatches.AsNoTracking().Where(b => (before == null || b.Id < before) && (name == "" || b.Name == name));
        Page<ApiBatch> page = Paging.Cut(await rows.OrderByDescending(b => b.Id).Take(size + 1).ToListAsync(ct), size, b => b.Id);
        List<BatchView> views = await database.AsSeenAsync(await database.WithWaitingAsync([.. page.Rows], ct), by, ct);
        return (name.Length == 0 ? views : [.. views.Where(v => !v.IsHidden)], page.NextToken); // a name that is asked for is not to be guessed
    }

    /// <summary>What runs or is paused, newest first. Served by (status, id).</summary>
    public static async Task<List<BatchView>> ActiveBatchesAsync(this OrbitDbContext database, Caller by, CancellationToken ct) =>
        await database.AsSeenAsync(await database.WithWaitingAsync(
            await database.ApiBatches.AsNoTracking().Where(b => b.Status == BatchStatus.Running || b.Status == BatchStatus.Paused).OrderByDescending(b => b.Id).Take(1000).ToListAsync(ct), ct), by, ct);

    /// <summary>Rows after a number, of an outcome and a fingerprint where they are given.</summary>
    public static async Task<List<BatchRowView>> RowPageAsync(this OrbitDbContext database, long id, long after, RowOutcome? outcome, string mark, int most, CancellationToken ct)
    {
        await database.ApiBatches.AsNoTracking().RequireAsync(id, ct);
        IQueryable<ApiBatchAttempt> marked = database.ApiBatchAttempts.Where(a => a.BatchId == id && a.Fingerprint == mark);
        return await database.RowsAsync(
            id,
            all => all.Where(r => r.RowNo > after && (outcome == null || r.Outcome == outcome) && (mark == "" || marked.Any(a => a.RowNo == r.RowNo && a.Attempt == r.Attempt))).OrderBy(r => r.RowNo).Take(most),
            records: false, ct);
    }

    /// <summary>A row with every attempt, oldest first.</summary>
    /// <exception cref="OrbitException">BATCH_ROW_NOT_FOUND.</exception>
    public static async Task<(BatchRowView Row, List<ApiBatchAttempt> Attempts)> WholeRowAsync(this OrbitDbContext database, long id, long row, CancellationToken ct)
    {
        await database.ApiBatches.AsNoTracking().RequireAsync(id, ct);
        List<BatchRowView> found = await database.RowsAsync(id, all => all.Where(r => r.RowNo == row), records: false, ct);
        return found is [{ } only]
            ? (only, await database.ApiBatchAttempts.AsNoTracking().Where(a => a.BatchId == id && a.RowNo == row).OrderBy(a => a.Attempt).ToListAsync(ct))
            : throw OrbitException.NotFound("BATCH_ROW_NOT_FOUND", $"Batch {id} has no row {row}.");
    }

    /// <summary>A batch's secrets, encrypted.</summary>
    public static async Task<(Guid Owner, byte[] Sealed)> SecretsOfAsync(this OrbitDbContext database, long id, CancellationToken ct)
    {
        var stored = await database.ApiBatches.AsNoTracking().Where(b => b.Id == id).Select(b => new { b.SecretOwner, b.SealedSecrets }).SingleAsync(ct);
        return (stored.SecretOwner, stored.SealedSecrets);
    }

    private static IQueryable<ApiBatchAttempt> WithoutRecord(this IQueryable<ApiBatchAttempt> attempts) => attempts.Select(a => new ApiBatchAttempt
    {
        BatchId = a.BatchId,
        RowNo = a.RowNo,
        Attempt = a.Attempt,
        Outcome = a.Outcome,
        FailureClass = a.FailureClass,
        Reason = a.Reason,
        Fingerprint = a.Fingerprint,
        Duration = a.Duration,
        RequestCount = a.RequestCount,
        AgentName = a.AgentName,
        FinishedAt = a.FinishedAt,
    });
}
