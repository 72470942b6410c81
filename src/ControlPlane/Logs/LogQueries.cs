using System.IO.Compression;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Logs;

internal static class LogQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<StepLog> StepLogs => database.Set<StepLog>();

        public DbSet<LogChunkRow> LogChunks => database.Set<LogChunkRow>();
    }

    /// <summary>The logs of an attempt.</summary>
    public static Task<List<StepLog>> StepLogsAsync(this OrbitDbContext database, int day, long runId, int attempt, CancellationToken ct) =>
        database.StepLogs.AsNoTracking().Where(l => l.RunDay == day && l.RunId == runId && l.Attempt == attempt).ToListAsync(ct);

    /// <summary>Chunks that hold bytes at or after an offset, in order. Served by the primary key within one partition.</summary>
    public static Task<List<LogChunkRow>> ChunksFromAsync(
        this OrbitDbContext database, int day, long runId, int attempt, string step, long offset, int limit, CancellationToken ct) =>
        database.LogChunks.AsNoTracking()
            .Where(c => c.RunDay == day && c.RunId == runId && c.Attempt == attempt && c.Step == step && c.Offset + c.Length > offset)
            .OrderBy(c => c.Offset)
            .Take(limit)
            .ToListAsync(ct);

    /// <summary>The chunk that a line begins in; null without any. Positions and lines rise together: the primary key is read from its end.</summary>
    public static Task<LogChunkRow?> ChunkOfLineAsync(
        this OrbitDbContext database, int day, long runId, int attempt, string step, long line, CancellationToken ct) =>
        database.LogChunks.AsNoTracking()
            .Where(c => c.RunDay == day && c.RunId == runId && c.Attempt == attempt && c.Step == step && (c.FirstLine < line || (c.FirstLine == line && c.Offset == 0)))
            .OrderByDescending(c => c.Offset)
            .FirstOrDefaultAsync(ct);
}

/// <summary>How log bytes are packed in a row.</summary>
internal static class LogCodec
{
    /// <summary>As they are.</summary>
    public const int Plain = 0;

    /// <summary>Brotli, quality 1: a tenth of the size for common logs at hundreds of megabytes a second.</summary>
    public const int Brotli = 1;

    private const int SmallestToPack = 512;

    /// <summary>Packs bytes where that makes them smaller.</summary>
    public static (int Codec, byte[] Data) Pack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= SmallestToPack)
        {
            byte[] packed = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
            if (BrotliEncoder.TryCompress(bytes, packed, out int written, quality: 1, window: 18) && written < bytes.Length)
            {
                return (Brotli, packed[..written]);
            }
        }

        return (Plain, bytes.ToArray());
    }

    /// <summary>The bytes of a row.</summary>
    public static byte[] Unpack(LogChunkRow chunk)
    {
        if (chunk.Codec == Plain)
        {
            return chunk.Data;
        }

        byte[] bytes = new byte[chunk.Length];
        return BrotliDecoder.TryDecompress(chunk.Data, bytes, out int written) && written == chunk.Length
            ? bytes
            : throw new InvalidDataException($"Log chunk at {chunk.Offset} of step {chunk.Step} of run {chunk.RunId} is damaged.");
    }
}
