using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Reports;

/// <summary>A report that this process builds, as long as the claim holds.</summary>
internal sealed record ReportClaim(long RunId, int Attempt, long TestItemId, Guid Holder, int Try, string Note);

/// <summary>What a build made.</summary>
/// <param name="Packed">Blob of the report.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="History">Blob of the item's history with this report in it; null when it stays as it was.</param>
/// <param name="Note">What is missing from it; empty when nothing is.</param>
internal sealed record BuiltReport(Guid Packed, long Size, Guid? History, string Note);

/// <summary>The queue of reports, in the database.</summary>
internal sealed class ReportCommands(OrbitStore store, TimeProvider time, PublicUrl publicUrl)
{
    /// <summary>Asks for the report of a run's newest attempt in the present transaction; one that was asked for already stays as it is.</summary>
    public static async Task WantAsync(OrbitDbContext database, Run run, string note, DateTimeOffset now, CancellationToken ct)
    {
        await database.RunAsync(
            """
            INSERT INTO report_jobs (run_id, attempt, test_item_id, state, requested_at, not_before, tries, note, error)
            VALUES (@p0, @p1, @p2, 'Queued', @p3, @p3, 0, @p4, '') ON CONFLICT (run_id, attempt) DO NOTHING
            """,
            [run.Id, run.Attempt, run.TestItemId, now, note],
            ct);
        database.RaiseAfterCommit(ReportTopics.Wanted);
    }

    /// <summary>Asks again for a report that was given up, or was never built.</summary>
    public Task AskAgainAsync(long runId, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                Run run = await database.Runs.SingleOrDefaultAsync(r => r.Id == runId, cancel)
                    ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {runId}.");
                bool hasResults = await database.Set<ResultFile>().AnyAsync(
                    f => f.RunDay == run.Day && f.RunId == run.Id && f.Attempt == run.Attempt && f.IsAllure && f.Stored, cancel);
                if (!run.IsTerminal || !hasResults)
                {
                    throw OrbitException.Conflict("REPORT_NOT_POSSIBLE", run.IsTerminal ? $"Run {runId} has no Allure results." : $"Run {runId} has not ended; its report is built then.");
                }

                DateTimeOffset now = time.GetUtcNow();
                await WantAsync(database, run, "", now, cancel);
                await database.RunAsync(
                    "UPDATE report_jobs SET state = 'Queued', not_before = @p2, tries = 0 WHERE run_id = @p0 AND attempt = @p1 AND state = 'Failed'",
                    [run.Id, run.Attempt, now],
                    cancel);
            },
            ct);

    /// <summary>Takes the next report for a process; null when there is none to build now.</summary>
    public Task<ReportClaim?> ClaimAsync(Guid holder, TimeSpan lease, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                if (!database.IsEmbedded)
                {
                    // One claim at a time: two that cannot see each other could take two reports of one item.
                    await database.RunAsync("SELECT pg_advisory_xact_lock(hashtext('orbit-report-jobs'))", [], cancel);
                }

                DateTimeOffset now = time.GetUtcNow();
                List<ReportClaim> claims = await database.QueryAsync(
                    """
                    UPDATE report_jobs SET state = 'Building', claimed_by = @p0, claimed_until = @p1, tries = tries + 1
                    WHERE (run_id, attempt) IN (
                      SELECT j.run_id, j.attempt FROM report_jobs j
                      WHERE (j.state = 'Queued' AND j.not_before <= @p2 OR j.state = 'Building' AND j.claimed_until <= @p2)
                        AND NOT EXISTS (SELECT 1 FROM report_jobs o
                          WHERE o.test_item_id = j.test_item_id AND o.state = 'Building' AND o.claimed_until > @p2)
                      ORDER BY j.requested_at, j.run_id LIMIT 1)
                    RETURNING run_id, attempt, test_item_id, tries, note
                    """,
                    [holder, now + lease, now],
                    row => new ReportClaim(row.Long(0), row.Int(1), row.Long(2), holder, row.Int(3), row.Text(4)),
                    cancel);
                return claims.SingleOrDefault();
            },
            ct);

    /// <summary>Keeps a claim.</summary>
    /// <returns>False when it is lost: another has it, or the job is gone.</returns>
    public Task<bool> RenewAsync(ReportClaim claim, TimeSpan lease, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) => await database.RunAsync(
                $"UPDATE report_jobs SET claimed_until = @p4 {Held}", [.. KeyOf(claim), time.GetUtcNow() + lease], cancel) == 1,
            ct);

    /// <summary>Gives a claim back untried: this process stops.</summary>
    public Task ReleaseAsync(ReportClaim claim, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                await database.RunAsync($"UPDATE report_jobs SET state = 'Queued', tries = tries - 1, claimed_by = NULL, claimed_until = NULL {Held}", KeyOf(claim), cancel);
                database.RaiseAfterCommit(ReportTopics.Wanted);
            },
            ct);

    /// <summary>A try failed: again after a pause, or given up for good.</summary>
    public Task FailedAsync(ReportClaim claim, string error, TimeSpan? again, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                await database.RunAsync(
                    $"UPDATE report_jobs SET state = @p4, not_before = @p5, error = @p6, claimed_by = NULL, claimed_until = NULL {Held}",
                    [.. KeyOf(claim), again is null ? ReportJobState.Failed : ReportJobState.Queued, time.GetUtcNow() + (again ?? TimeSpan.Zero), error],
                    cancel);
                database.RaiseAfterCommit(RunTopics.Reporting);
            },
            ct);

    /// <summary>Makes a built report the run's report, and ends the run if it waits for that.</summary>
    /// <returns>Blobs that nothing uses now; the new ones when the claim was lost meanwhile.</returns>
    public Task<IReadOnlyList<Guid>> BuiltAsync(ReportClaim claim, BuiltReport built, CancellationToken ct) =>
        store.WriteAsync<IReadOnlyList<Guid>>(
            async (database, cancel) =>
            {
                if (await database.RunAsync($"DELETE FROM report_jobs {Held}", KeyOf(claim), cancel) == 0)
                {
                    return Of(built.Packed, built.History);
                }

                DateTimeOffset now = time.GetUtcNow();
                Guid? oldHistory = await ReplaceHistoryAsync(database, claim, built, now, cancel);
                Report? old = await database.ReportOfAsync(claim.RunId, cancel);
                Run? run = await database.Runs.SingleOrDefaultAsync(r => r.Id == claim.RunId, cancel);
                if (run is null || old?.Attempt > claim.Attempt)
                {
                    return Of(built.Packed, oldHistory);
                }

                await database.RunAsync(
                    """
                    INSERT INTO reports (run_id, attempt, blob_id, size, built_at) VALUES (@p0, @p1, @p2, @p3, @p4)
                    ON CONFLICT (run_id) DO UPDATE SET attempt = excluded.attempt, blob_id = excluded.blob_id, size = excluded.size, built_at = excluded.built_at
                    """,
                    [claim.RunId, claim.Attempt, built.Packed, built.Size, now],
                    cancel);
                await TellAsync(database, run, claim, built.Note, now, cancel);
                return Of(old?.BlobId, oldHistory);
            },
            ct);

    /// <summary>The condition that only the holder of a claim meets: its first four parameters are <see cref="KeyOf"/>.</summary>
    private const string Held = "WHERE run_id = @p0 AND attempt = @p1 AND claimed_by = @p2 AND tries = @p3 AND state = 'Building'";

    private static object?[] KeyOf(ReportClaim claim) => [claim.RunId, claim.Attempt, claim.Holder, claim.Try];

    private static List<Guid> Of(params ReadOnlySpan<Guid?> ids)
    {
        List<Guid> known = [];
        foreach (Guid? id in ids)
        {
            if (id is { } value)
            {
                known.Add(value);
            }
        }

        return known;
    }

    private static async Task<Guid?> ReplaceHistoryAsync(OrbitDbContext database, ReportClaim claim, BuiltReport built, DateTimeOffset now, CancellationToken ct)
    {
        if (built.History is not { } history)
        {
            return null;
        }

        ReportHistory? old = await database.ReportHistories.AsNoTracking().SingleOrDefaultAsync(h => h.TestItemId == claim.TestItemId, ct);
        await database.RunAsync(
            """
            INSERT INTO report_histories (test_item_id, blob_id, updated_at) VALUES (@p0, @p1, @p2)
            ON CONFLICT (test_item_id) DO UPDATE SET blob_id = excluded.blob_id, updated_at = excluded.updated_at
            """,
            [claim.TestItemId, history, now],
            ct);
        return old?.BlobId;
    }

    private async Task TellAsync(OrbitDbContext database, Run run, ReportClaim claim, string note, DateTimeOffset now, CancellationToken ct)
    {
        run.ReportBuilt(built: true, note);
        var events = new NewRunEvents(run, now);
        Wire.RunEvent ready = events.Add(Wire.RunEventType.ReportReady);
        (ready.Attempt, ready.ReportUrl, ready.Text) = (claim.Attempt, $"{publicUrl.Value}/reports/{run.Id}/", note);
        if (run.Status is RunStatus.Reporting && run.Attempt == claim.Attempt)
        {
            RunAttempt attempt = await database.RunAttempts.SingleAsync(a => a.RunId == run.Id && a.Number == run.Attempt, ct);
            await RunFinish.FinishAsync(database, run, attempt, events, now, ct);
        }
        else
        {
            await events.StoreAsync(database, ct);
        }
    }
}
