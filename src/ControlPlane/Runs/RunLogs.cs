using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>What is wanted of a run's logs.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Attempt">The attempt; 0: the newest.</param>
/// <param name="Step">The step; empty: all, one after the other.</param>
/// <param name="Offset">First byte; negative: that many before the end.</param>
/// <param name="Limit">Most bytes; 0: all.</param>
/// <param name="Follow">Stay until the step has ended.</param>
/// <param name="Grep">Only lines with this text; empty: all.</param>
/// <param name="FirstLine">Line to begin with in place of the offset; null: the offset counts.</param>
internal sealed record LogQuery(long RunId, int Attempt, string Step, long Offset, long Limit, bool Follow, string Grep, long? FirstLine = null);

/// <summary>A piece of one step's log.</summary>
internal readonly record struct StepLogPiece(string Step, LogPiece Piece, bool End);

/// <summary>Reads the logs of a run's steps.</summary>
internal sealed class RunLogs(OrbitStore store, LogReader reader)
{
    /// <summary>Pieces in order; the last of each step says so.</summary>
    public async IAsyncEnumerable<StepLogPiece> FollowAsync(LogQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        (Run run, int attempt) = await FindAsync(query, ct);
        int done = 0;
        long left = query.Limit;
        while (true)
        {
            List<RunStep> steps = await StepsAsync(run.Id, attempt, query.Step, ct);
            foreach (RunStep step in steps.Skip(done))
            {
                var key = new LogKey(run.Day, run.Id, attempt, step.Name);
                long offset = await StartAsync(key, query, ct);
                long end = offset;
                await foreach (LogPiece piece in reader.ReadAsync(key, offset, left, query.Follow ? cancel => LogIsOverAsync(run, attempt, key, cancel) : null, ct))
                {
                    yield return new(step.Name, piece, false);
                    end = piece.Offset + piece.Bytes.Length;
                    left -= query.Limit == 0 ? 0 : piece.Bytes.Length;
                }

                yield return new(step.Name, new(end, ReadOnlyMemory<byte>.Empty, 0), true);
                done++;
                if (query.Limit > 0 && left == 0)
                {
                    yield break;
                }
            }

            // A rollback may have joined the steps meanwhile.
            if (query.Step.Length > 0 || !query.Follow || await AttemptIsOverAsync(run.Id, attempt, done, ct))
            {
                yield break;
            }
        }
    }

    /// <summary>The bytes alone, filtered where asked.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(LogQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        LogGrep? grep = query.Grep.Length > 0 ? new LogGrep(query.Grep) : null;
        await foreach (StepLogPiece piece in FollowAsync(query, ct))
        {
            ReadOnlyMemory<byte> bytes = grep is null ? piece.Piece.Bytes : piece.End ? grep.Rest() : grep.Matches(piece.Piece.Bytes.Span);
            for (int at = 0; at < bytes.Length; at += LogReader.LargestPiece)
            {
                yield return bytes[at..Math.Min(bytes.Length, at + LogReader.LargestPiece)];
            }
        }
    }

    /// <summary>The logs of an attempt in the order of its steps.</summary>
    public async Task<List<StepLog>> ListAsync(long runId, int attempt, CancellationToken ct)
    {
        (Run run, int number) = await FindAsync(new LogQuery(runId, attempt, "", 0, 0, false, ""), ct);
        List<RunStep> steps = await StepsAsync(run.Id, number, "", ct);
        List<StepLog> logs = await store.ReadAsync((database, cancel) => database.StepLogsAsync(run.Day, run.Id, number, cancel), ct);
        return [.. logs.OrderBy(l => steps.FindIndex(s => s.Name == l.Step))];
    }

    /// <summary>Looks for a text in a part of one step's log.</summary>
    public async Task<LogFindings> SearchAsync(LogQuery query, LogSearch search, CancellationToken ct)
    {
        (Run run, int attempt) = await FindAsync(query, ct);
        RunStep step = (await StepsAsync(run.Id, attempt, query.Step, ct))[0];
        return await reader.SearchAsync(new LogKey(run.Day, run.Id, attempt, step.Name), query.FirstLine ?? 0, search, ct);
    }

    private async Task<(Run Run, int Attempt)> FindAsync(LogQuery query, CancellationToken ct)
    {
        if (query.Grep.Length > 0 && (query.Offset != 0 || query.Limit != 0))
        {
            throw OrbitException.Invalid("RANGE_INVALID", "grep searches the whole log; it goes without offset and limit.");
        }

        if (query.Limit < 0 || query.FirstLine < 0 || (query.Step.Length == 0 && (query.Offset != 0 || query.FirstLine is not null)))
        {
            throw OrbitException.Invalid("RANGE_INVALID", "limit and first_line must not be negative, and offset and first_line need a step.");
        }

        Run run = await store.ReadAsync(
            async (database, cancel) => await database.Runs.SingleOrDefaultAsync(r => r.Id == query.RunId, cancel)
                ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {query.RunId}."),
            ct);
        return query.Attempt <= run.Attempt && query.Attempt >= 0
            ? (run, query.Attempt == 0 ? run.Attempt : query.Attempt)
            : throw OrbitException.NotFound("ATTEMPT_NOT_FOUND", $"Run {run.Id} has {run.Attempt} attempts; there is no attempt {query.Attempt}.");
    }

    private async Task<List<RunStep>> StepsAsync(long runId, int attempt, string step, CancellationToken ct)
    {
        List<RunStep> steps = await store.ReadAsync(
            (database, cancel) => database.RunSteps.Where(s => s.RunId == runId && s.Attempt == attempt).OrderBy(s => s.Ordinal).ToListAsync(cancel), ct);
        if (step.Length == 0)
        {
            return steps;
        }

        List<RunStep> one = [.. steps.Where(s => s.Name == step)];
        return one.Count == 1
            ? one
            : throw OrbitException.NotFound("STEP_NOT_FOUND", $"Attempt {attempt} of run {runId} has no step '{step}'; it has {string.Join(", ", steps.Select(s => s.Name))}.");
    }

    private async Task<long> StartAsync(LogKey key, LogQuery query, CancellationToken ct)
    {
        long offset = query.Offset;
        if (query.FirstLine is { } line)
        {
            return await reader.OffsetOfLineAsync(key, line, ct);
        }

        if (offset >= 0)
        {
            return offset;
        }

        StepLog? log = await reader.FindAsync(key, ct);
        return Math.Max(0, (log?.Length ?? 0) + offset);
    }

    /// <summary>True when nothing will be added to the log: it is complete, or its run ended without more.</summary>
    private async Task<bool> LogIsOverAsync(Run run, int attempt, LogKey key, CancellationToken ct) =>
        await store.ReadAsync(
            async (database, cancel) =>
            {
                StepLog? log = await database.StepLogs.SingleOrDefaultAsync(
                    l => l.RunDay == key.RunDay && l.RunId == key.RunId && l.Attempt == key.Attempt && l.Step == key.Step, cancel);
                RunStep step = await database.RunSteps.SingleAsync(s => s.RunId == run.Id && s.Attempt == attempt && s.Name == key.Step, cancel);
                bool whole = step.Ended && (step.LogLength ?? 0) <= (log?.Length ?? 0);
                return whole || await IsOverAsync(database, run.Id, attempt, cancel);
            },
            ct);

    private Task<bool> AttemptIsOverAsync(long runId, int attempt, int stepsDone, CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) =>
                await IsOverAsync(database, runId, attempt, cancel) && await database.RunSteps.CountAsync(s => s.RunId == runId && s.Attempt == attempt, cancel) == stepsDone,
            ct);

    private static async Task<bool> IsOverAsync(OrbitDbContext database, long runId, int attempt, CancellationToken ct)
    {
        var state = await database.Runs.Where(r => r.Id == runId).Select(r => new { r.Status, r.Attempt }).SingleAsync(ct);
        return state.Attempt > attempt || RunLifecycle.IsTerminal(state.Status);
    }
}
