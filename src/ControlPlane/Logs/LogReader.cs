using System.Runtime.CompilerServices;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Logs;

/// <summary>A piece of a log on its way to a reader.</summary>
internal readonly record struct LogPiece(long Offset, ReadOnlyMemory<byte> Bytes, long FirstLine);

/// <summary>Reads logs by byte offset, following them while they grow.</summary>
internal sealed class LogReader(OrbitStore store, Signals signals, TimeProvider time)
{
    /// <summary>Largest piece given out.</summary>
    public const int LargestPiece = 64 * 1024;

    private const int ChunksAPage = 8;

    /// <summary>Bytes that one search looks at, so that its answer comes soon.</summary>
    private const long MostSearched = 64 * 1024 * 1024;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    /// <summary>The log as it is now; null when nothing of it has come.</summary>
    public async Task<StepLog?> FindAsync(LogKey key, CancellationToken ct) =>
        (await store.ReadAsync((database, cancel) => database.StepLogsAsync(key.RunDay, key.RunId, key.Attempt, cancel), ct)).Find(l => l.Step == key.Step);

    /// <summary>
    /// The bytes from an offset on, at most <paramref name="limit"/>. With <paramref name="ended"/>, goes on as the log grows until the log
    /// is complete or the caller says that its step has ended.
    /// </summary>
    public async IAsyncEnumerable<LogPiece> ReadAsync(
        LogKey key, long offset, long limit, Func<CancellationToken, Task<bool>>? ended, [EnumeratorCancellation] CancellationToken ct)
    {
        long until = limit <= 0 ? long.MaxValue : offset + limit;
        while (offset < until)
        {
            Task changed = signals.Changed(Topics.Run(key.RunId));
            bool last = ended is null || await ended(ct);
            List<LogChunkRow> page = await store.ReadAsync(
                (database, cancel) => database.ChunksFromAsync(key.RunDay, key.RunId, key.Attempt, key.Step, offset, ChunksAPage, cancel), ct);
            foreach (LogChunkRow chunk in page)
            {
                foreach (LogPiece piece in Cut(chunk, offset, until))
                {
                    yield return piece;
                    offset = piece.Offset + piece.Bytes.Length;
                }
            }

            if (page.Count == 0)
            {
                if (last)
                {
                    yield break;
                }

                await WaitAsync(changed, ct);
            }
        }
    }

    /// <summary>Position of a line's first byte; the log's end when it has fewer lines.</summary>
    public Task<long> OffsetOfLineAsync(LogKey key, long line, CancellationToken ct) => store.ReadAsync(
        async (database, cancel) =>
        {
            LogChunkRow? chunk = await database.ChunkOfLineAsync(key.RunDay, key.RunId, key.Attempt, key.Step, line, cancel);
            if (chunk is null)
            {
                return 0;
            }

            byte[] bytes = LogCodec.Unpack(chunk);
            int at = 0;
            for (long skip = line - chunk.FirstLine; skip > 0; skip--)
            {
                int feed = bytes.AsSpan(at).IndexOf((byte)'\n');
                if (feed < 0)
                {
                    return chunk.Offset + bytes.Length;
                }

                at += feed + 1;
            }

            return chunk.Offset + at;
        },
        ct);

    /// <summary>Looks for a text from a line on: to the end of what is stored, or until enough was found or looked at.</summary>
    public async Task<LogFindings> SearchAsync(LogKey key, long firstLine, LogSearch search, CancellationToken ct)
    {
        long from = await OffsetOfLineAsync(key, firstLine, ct);
        long looked = 0;
        await foreach (LogPiece piece in ReadAsync(key, from, MostSearched, null, ct))
        {
            search.Add(piece.Bytes.Span, piece.FirstLine);
            looked += piece.Bytes.Length;
            if (search.Full)
            {
                break;
            }
        }

        if (looked < MostSearched && !search.Full)
        {
            search.End();
            return new(search.Found, 0);
        }

        return new(search.Found, search.NextLine > firstLine ? search.NextLine : 0);
    }

    private async Task WaitAsync(Task changed, CancellationToken ct)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(changed, Task.Delay(LookAgain, time, pause.Token));
        await pause.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>The wanted part of a chunk in pieces that fit a message.</summary>
    private static IEnumerable<LogPiece> Cut(LogChunkRow chunk, long from, long until)
    {
        byte[] bytes = LogCodec.Unpack(chunk);
        int start = (int)Math.Max(0, from - chunk.Offset);
        int end = (int)Math.Min(bytes.Length, until - chunk.Offset);
        long line = chunk.FirstLine + bytes.AsSpan(0, start).Count((byte)'\n');
        while (start < end)
        {
            int length = Math.Min(LargestPiece, end - start);
            yield return new(chunk.Offset + start, bytes.AsMemory(start, length), line);
            line += bytes.AsSpan(start, length).Count((byte)'\n');
            start += length;
        }
    }
}
