using Orbit.Contracts.V1;

namespace Orbit.Cli.Logs;

/// <summary>
/// How far each step's log was written out, so that a stream opened again neither repeats nor leaves out a byte. Chunks carry
/// their position; what lies before ours is cut off.
/// </summary>
internal sealed class LogPosition
{
    private readonly Dictionary<string, long> _next = [];

    /// <summary>Bytes between what was written and what the server sends; never negative.</summary>
    public long Gap(LogChunk chunk) => _next.TryGetValue(chunk.Step, out long next) ? Math.Max(0, chunk.Offset - next) : 0;

    /// <summary>The first byte of a step that is still to be written; null when nothing of it was.</summary>
    public long? Next(string step) => _next.TryGetValue(step, out long next) ? next : null;

    /// <summary>The part of a chunk that was not written before, and counts it as written.</summary>
    public ReadOnlyMemory<byte> Take(LogChunk chunk)
    {
        long from = _next.TryGetValue(chunk.Step, out long next) ? Math.Max(next, chunk.Offset) : chunk.Offset;
        long end = chunk.Offset + chunk.Data.Length;
        if (end <= from)
        {
            _next.TryAdd(chunk.Step, chunk.Offset);
            return ReadOnlyMemory<byte>.Empty;
        }

        _next[chunk.Step] = end;
        return chunk.Data.Memory[(int)(from - chunk.Offset)..];
    }
}
