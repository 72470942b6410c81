using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Processes;

/// <summary>What one read of a step's output gave.</summary>
internal enum OutputKind
{
    /// <summary>Bytes, in the buffer.</summary>
    Bytes,

    /// <summary>Bytes that the record does not hold: the limit was passed, or the command emptied its own output file.</summary>
    Dropped,

    /// <summary>The command has ended and everything was read.</summary>
    End,
}

/// <summary>One piece of a step's output.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where it begins, counted from the first byte the step wrote; at the end, the length of all.</param>
/// <param name="Count">Bytes read or dropped.</param>
internal readonly record struct OutputPiece(OutputKind Kind, long Offset, long Count);

/// <summary>
/// Reads a step's output file while the command writes it, from any offset, in order and byte by byte as written. The end is where the
/// file ended when the command did; a service that keeps the file open adds nothing to the step.
/// </summary>
/// <remarks>
/// New bytes are looked for at growing intervals, 1 ms after some were found up to 50 ms when there are none: file change events would cost
/// more for a chatty command and help little for a quiet one. One reader at a time.
/// </remarks>
internal sealed class StepOutput : IDisposable
{
    /// <summary>The largest piece that a read returns.</summary>
    public const int MaxPieceBytes = 64 * 1024;

    /// <summary>Bytes kept of one step unless told otherwise.</summary>
    public const long DefaultLimitBytes = 2L * 1024 * 1024 * 1024;

    private const int KeepSizePunchHole = 1 | 2; // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private readonly SafeFileHandle _file;
    private readonly Task _ended;
    private readonly long _limit;
    private readonly TimeProvider _time;
    private long _position; // in the file
    private long _shift; // offset = position + shift; grows when the command empties the file
    private long? _end;

    private StepOutput(SafeFileHandle file, long offset, Task ended, long limit, TimeProvider time) =>
        (_file, _position, _ended, _limit, _time) = (file, offset, ended, limit, time);

    /// <summary>Offset of the next byte.</summary>
    public long Offset => _position + _shift;

    /// <summary>Opens the file for reading from the offset on.</summary>
    /// <param name="path">The output file of a started command.</param>
    /// <param name="offset">Where to go on; 0 for the beginning.</param>
    /// <param name="ended">Completes when the command has ended, in whatever way (<see cref="RunningProcess.WaitAsync"/>).</param>
    /// <param name="limit">Bytes from the beginning that are kept. Later ones are dropped and their place on disk is given back.</param>
    /// <param name="time">Paces the looking for new bytes.</param>
    public static StepOutput Open(string path, long offset, Task ended, long limit, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new StepOutput(file, offset, ended, limit, time);
    }

    /// <summary>Waits until there is something and reads at most <see cref="MaxPieceBytes"/> of it.</summary>
    /// <param name="buffer">Receives the bytes; not empty.</param>
    /// <param name="ct">Ends the waiting; nothing is lost by it.</param>
    public async ValueTask<OutputPiece> ReadAsync(Memory<byte> buffer, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length, nameof(buffer));
        TimeSpan pause = ShortestPause;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            bool ended = _ended.IsCompleted; // before the look at the length, so that the last bytes are not missed
            long length = RandomAccess.GetLength(_file);
            if (ended)
            {
                length = _end ??= length;
            }

            if (length < _position)
            {
                return Emptied(length);
            }

            if (length > _position)
            {
                OutputPiece piece = Offset < _limit ? ReadPiece(buffer.Span, length) : Drop(length);
                if (piece.Count > 0)
                {
                    return piece;
                }
            }
            else if (ended)
            {
                return new OutputPiece(OutputKind.End, Offset, 0);
            }

            await PauseAsync(pause, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>
    /// Gives the disk space of everything before the offset back; the offsets of the rest stay. For output that has arrived elsewhere and
    /// need never be read here again.
    /// </summary>
    public void Discard(long beforeOffset) => Punch(0, Math.Min(beforeOffset - _shift, _position));

    /// <summary>
    /// Gives the disk space of a whole output file back while somebody may still write to it. For the file of a start step whose service
    /// was released with its output still open: call it now and then, and do not delete the file, or it would grow where nobody sees it.
    /// </summary>
    public static void DiscardAll(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        if (length > 0 && Native.Allocate(file, KeepSizePunchHole, 0, length) != 0)
        {
            RandomAccess.SetLength(file, 0); // the file is appended to, so this is safe where holes are not supported
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private OutputPiece ReadPiece(Span<byte> buffer, long length)
    {
        long count = Math.Min(Math.Min(buffer.Length, MaxPieceBytes), Math.Min(length - _position, _limit - Offset));
        int read = RandomAccess.Read(_file, buffer[..(int)count], _position);
        OutputPiece piece = new(OutputKind.Bytes, Offset, read);
        _position += read;
        return piece;
    }

    private OutputPiece Drop(long length)
    {
        OutputPiece piece = new(OutputKind.Dropped, Offset, length - _position);
        Punch(_position, length);
        _position = length;
        return piece;
    }

    /// <summary>
    /// The file is shorter than what was read of it: the command has emptied it (writing to <c>/dev/stderr</c> with <c>></c> does that) and
    /// goes on from its beginning. Offsets go on rising; what was written and not read in between is not known.
    /// </summary>
    private OutputPiece Emptied(long length)
    {
        OutputPiece piece = new(OutputKind.Dropped, Offset, 0);
        _shift += _position;
        _position = 0;
        _end = _end is null ? null : length;
        return piece;
    }

    private void Punch(long from, long to)
    {
        // Whole blocks are freed and the rest is zeroed; a file system that cannot do it keeps the bytes, which is no fault.
        if (to > from)
        {
            _ = Native.Allocate(_file, KeepSizePunchHole, from, to - from);
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken ct)
    {
        if (_ended.IsCompleted)
        {
            return;
        }

        // Whichever comes first: more time, or the end of the command.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task wait = Task.Delay(pause, _time, stop.Token);
        await Task.WhenAny(wait, _ended);
        await stop.CancelAsync();
    }
}
