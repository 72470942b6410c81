using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Logs;

/// <summary>Where a log belongs.</summary>
internal readonly record struct LogKey(int RunDay, long RunId, int Attempt, string Step);

/// <summary>A packed piece of a step's log.</summary>
internal sealed class LogArrived(LogKey key, long offset, int length, int lines, int codec, byte[] data, bool end, long dropped) : IngestItem
{
    private readonly TaskCompletionSource<long> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogKey Key { get; } = key;

    /// <summary>Position of the first byte.</summary>
    public long Offset { get; } = offset;

    /// <summary>Bytes before packing; 0 for a piece that only ends the log, or only asks.</summary>
    public int Length { get; } = length;

    /// <summary>Line feeds in it.</summary>
    public int Lines { get; } = lines;

    public int Codec { get; } = codec;
    public byte[] Data { get; } = data;

    /// <summary>True: nothing follows.</summary>
    public bool End { get; } = end;

    /// <summary>Bytes dropped by the agent.</summary>
    public long Dropped { get; } = dropped;

    /// <inheritdoc />
    public override IngestLane Lane => IngestLane.Bytes;

    /// <summary>The offset wanted next, decided in the transaction.</summary>
    public long NextOffset { get; set; }

    /// <summary>Ends with <see cref="NextOffset"/> when committed.</summary>
    public Task<long> Stored => _stored.Task;

    public override void Committed() => _stored.TrySetResult(NextOffset);

    public override void Failed(Exception reason) => _stored.TrySetException(reason);
}

/// <summary>
/// Appends pieces to logs. A piece that does not begin where the log ends changes nothing; its sender is told the offset that is wanted.
/// </summary>
internal sealed class LogIngest : IIngestHandler
{
    public Type Kind => typeof(LogArrived);

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        var chunks = new List<(LogArrived Piece, long FirstLine)>();
        foreach (IGrouping<LogKey, LogArrived> log in items.Cast<LogArrived>().GroupBy(i => i.Key))
        {
            await AppendAsync(database, log.Key, [.. log], chunks, ct);
        }

        if (chunks.Count > 0)
        {
            await InsertAsync(database, chunks, ct);
        }
    }

    private static async Task AppendAsync(
        OrbitDbContext database, LogKey key, LogArrived[] pieces, List<(LogArrived Piece, long FirstLine)> chunks, CancellationToken ct)
    {
        (long length, long lines, bool complete) = await LockAsync(database, key, ct);
        long before = length;
        bool wasComplete = complete;
        long dropped = 0;
        foreach (LogArrived piece in pieces)
        {
            if (piece.Offset == length && !complete)
            {
                if (piece.Length > 0)
                {
                    chunks.Add((piece, lines));
                    length += piece.Length;
                    lines += piece.Lines;
                }

                complete |= piece.End;
                dropped = Math.Max(dropped, piece.Dropped);
            }

            piece.NextOffset = length;
        }

        if (length == before && complete == wasComplete)
        {
            return;
        }

        await database.RunAsync(
            """
            UPDATE step_logs SET length = @p4, lines = @p5, complete = @p6, dropped = CASE WHEN dropped > @p7 THEN dropped ELSE @p7 END
            WHERE run_day = @p0 AND run_id = @p1 AND attempt = @p2 AND step = @p3
            """,
            [key.RunDay, key.RunId, key.Attempt, key.Step, length, lines, complete, dropped], ct);
        database.RaiseAfterCommit(Topics.Run(key.RunId));
        if (complete && !wasComplete)
        {
            database.RaiseAfterCommit(LogTopics.Ended);
        }
    }

    /// <summary>Reads where the log ends and keeps other writers off it until the commit; makes the row of a new log.</summary>
    private static async Task<(long Length, long Lines, bool Complete)> LockAsync(OrbitDbContext database, LogKey key, CancellationToken ct)
    {
        object?[] values = [key.RunDay, key.RunId, key.Attempt, key.Step];
        const string Insert = """
            INSERT INTO step_logs (run_day, run_id, attempt, step, length, lines, complete, dropped) VALUES (@p0, @p1, @p2, @p3, 0, 0, FALSE, 0)
            ON CONFLICT (run_day, run_id, attempt, step) DO NOTHING
            """;
        string read = "SELECT length, lines, complete FROM step_logs WHERE run_day = @p0 AND run_id = @p1 AND attempt = @p2 AND step = @p3"
            + (database.IsEmbedded ? "" : " FOR UPDATE");
        List<(long, long, bool)> found = await database.QueryAsync(read, values, static row => (row.Long(0), row.Long(1), row.Flag(2)), ct);
        if (found.Count == 0)
        {
            await database.RunAsync(Insert, values, ct);
            found = await database.QueryAsync(read, values, static row => (row.Long(0), row.Long(1), row.Flag(2)), ct);
        }

        return found[0];
    }

    private static Task<int> InsertAsync(OrbitDbContext database, List<(LogArrived Piece, long FirstLine)> chunks, CancellationToken ct) =>
        database.InsertAsync(
            "log_chunks",
            [
                new("run_day", "integer", chunks.Select(c => c.Piece.Key.RunDay).ToArray()),
                new("run_id", "bigint", chunks.Select(c => c.Piece.Key.RunId).ToArray()),
                new("attempt", "integer", chunks.Select(c => c.Piece.Key.Attempt).ToArray()),
                new("step", "text", chunks.Select(c => c.Piece.Key.Step).ToArray()),
                new("\"offset\"", "bigint", chunks.Select(c => c.Piece.Offset).ToArray()),
                new("length", "integer", chunks.Select(c => c.Piece.Length).ToArray()),
                new("first_line", "bigint", chunks.Select(c => c.FirstLine).ToArray()),
                new("codec", "integer", chunks.Select(c => c.Piece.Codec).ToArray()),
                new("data", "bytea", chunks.Select(c => c.Piece.Data).ToArray()),
            ],
            onConflict: null,
            ct);
}

/// <summary>Topics of this slice.</summary>
internal static class LogTopics
{
    /// <summary>A log is whole, of whatever run.</summary>
    public const string Ended = "log-ended";
}
