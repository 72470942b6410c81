using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Applies what agents say of pieces: results of rows, and that a piece has ended. In the transaction that takes the events' numbers.</summary>
internal sealed class BatchEventsIngest : IAssignmentIngest
{
    public WorkKind Kind => WorkKind.Api;

    public async Task ApplyAsync(OrbitDbContext database, Guid assignment, string agent, IReadOnlyList<Wire.AgentEvent> events, DateTimeOffset now, CancellationToken ct)
    {
        long? id = await database.ApiBatchPieces.AsNoTracking().Where(p => p.Id == assignment).Select(p => (long?)p.BatchId).FirstOrDefaultAsync(ct);
        if (id is not { } batchId)
        {
            return; // closed meanwhile: its rows were given to others
        }

        await database.LockBatchAsync(batchId, ct);
        List<Wire.ApiRowResult> results = [.. events.Where(e => e.FactCase is Wire.AgentEvent.FactOneofCase.ApiRowsEnded).SelectMany(e => e.ApiRowsEnded.Rows)];
        if (results.Count > 0)
        {
            ApiBatch batch = database.ApiBatches.Local.FirstOrDefault(b => b.Id == batchId) is { } known ? await RefreshedAsync(database, known, ct) : await database.ApiBatches.AsTracking().SingleAsync(b => b.Id == batchId, ct);
            await database.StoreResultsAsync(batch, [.. results.Select(r => ToAttempt(batchId, r, agent, now))], now, ct);
        }

        if (events.Any(e => e.FactCase is Wire.AgentEvent.FactOneofCase.PlanEnded))
        {
            await database.ClosePieceAsync(assignment, ct);
        }
    }

    /// <summary>Another piece of the same batch was applied before in this transaction; the lock has changed the row since.</summary>
    private static async Task<ApiBatch> RefreshedAsync(OrbitDbContext database, ApiBatch known, CancellationToken ct)
    {
        await database.Entry(known).ReloadAsync(ct);
        return known;
    }

    private static ApiBatchAttempt ToAttempt(long batch, Wire.ApiRowResult result, string agent, DateTimeOffset now) => new()
    {
        BatchId = batch,
        RowNo = result.Row,
        Attempt = result.Attempt,
        Outcome = result.Outcome switch
        {
            Wire.RowOutcome.Passed => RowOutcome.Passed,
            Wire.RowOutcome.Skipped => RowOutcome.Skipped,
            Wire.RowOutcome.Unchecked => RowOutcome.Unchecked,
            _ => RowOutcome.Failed,
        },
        FailureClass = Cut(result.FailureClass, 24),
        Reason = Cut(result.Reason, 2000),
        Fingerprint = Cut(result.Fingerprint, 24),
        Duration = double.IsFinite(result.DurationMs) ? result.DurationMs : 0,
        RequestCount = result.RequestCount,
        AgentName = agent,
        FinishedAt = now,
        Record = result.Record.ToByteArray(),
    };

    private static string Cut(string text, int longest)
    {
        string clean = TextRule.IsStorable(text) ? text : new string([.. text.Select(c => c == '\0' || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return clean.Length <= longest ? clean : clean[..longest];
    }
}
