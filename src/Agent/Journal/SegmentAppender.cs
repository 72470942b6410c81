using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Journal;

/// <summary>Writes records to the last segment and goes on to the next when it is full. Used by one thread.</summary>
internal sealed class SegmentAppender(SegmentFiles files, JournalOptions options, JournalDisk disk, ILogger logger) : IDisposable
{
    private const int FlushBytes = 1024 * 1024;
    private static readonly int EndBytes = SegmentFormat.SizeOf(0);
    private SafeFileHandle? _file;
    private byte[] _buffer = new byte[64 * 1024];
    private int _buffered;
    private int _written;
    private int _synced;
    private int _limit;
    private long _lastNumber;

    /// <summary>The segment being written.</summary>
    public Segment Current => files.Segments[^1];

    /// <summary>Bytes that still fit into the current segment.</summary>
    public int Room => _limit - _written - _buffered - EndBytes;

    /// <summary>Goes on where replay ended, wiping what an unfinished write left, or begins a new segment.</summary>
    public void Begin(JournalReplay.Outcome found)
    {
        _lastNumber = found.LastNumber;
        if (found.Ended)
        {
            OpenNext();
            return;
        }

        _file = disk.Open(Current.Path);
        _limit = (int)RandomAccess.GetLength(_file);
        _written = _synced = found.End;
        if (found.Torn)
        {
            logger.TornTailCut(Current.Path, found.End);
            for (int at = found.End; at < _limit; at += FlushBytes)
            {
                disk.Write(_file, new byte[Math.Min(FlushBytes, _limit - at)], at);
            }
        }

        disk.Sync(_file); // what replay read may have been in memory only
    }

    /// <summary>Buffers a new record and returns its number.</summary>
    public long Append(RecordKind kind, Guid assignment, byte type, ReadOnlySpan<byte> payload)
    {
        MakeRoom(SegmentFormat.SizeOf(payload.Length));
        Put(new SegmentRecord(kind, ++_lastNumber, assignment, type), payload);
        return _lastNumber;
    }

    /// <summary>Makes everything appended so far durable, with one sync.</summary>
    public void Sync()
    {
        Write();
        if (_synced != _written)
        {
            disk.Sync(_file!);
            _synced = _written;
        }
    }

    /// <summary>Copies what still counts in the oldest segment to the end, under the old numbers, and lets go of the oldest.</summary>
    public void CopyOldest()
    {
        Segment oldest = files.Segments[0];
        byte[] bytes = File.ReadAllBytes(oldest.Path);
        List<SegmentRecord> facts = [];
        for (int at = SegmentFormat.HeaderBytes; SegmentFormat.TryDecode(bytes, at, oldest.Number, out SegmentRecord record); at = record.Next)
        {
            if (record.Kind is RecordKind.Forget)
            {
                _ = facts.RemoveAll(fact => fact.Assignment == record.Assignment && fact.Number < record.Number);
            }
            else if (record.Kind is RecordKind.Fact && oldest.Holds(record.Assignment))
            {
                facts.Add(record);
            }
        }

        foreach (SegmentRecord fact in facts)
        {
            MakeRoom(SegmentFormat.SizeOf(fact.PayloadBytes));
            Put(fact, bytes.AsSpan(fact.Payload));
        }

        Sync();
        logger.SegmentCopied(oldest.Path, facts.Count);
        oldest.ForgetAll();
        files.Retire();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void MakeRoom(int bytes)
    {
        if (Room >= bytes)
        {
            return;
        }

        // Before the end mark, so that a full disk leaves this segment open for whatever still fits.
        while (!files.HasSpare)
        {
            files.PrepareSlice();
        }

        OpenNext();
    }

    private void OpenNext()
    {
        if (_file is not null)
        {
            _ = Encode(new SegmentRecord(RecordKind.End, ++_lastNumber, Guid.Empty, 0), []); // Room keeps a place for it
            Sync();
            _file.Dispose();
            _file = null;
        }

        Segment next = files.Activate();
        _file = disk.Open(next.Path);
        _limit = options.SegmentBytes;
        _written = _synced = SegmentFormat.HeaderBytes;
    }

    private void Put(SegmentRecord record, ReadOnlySpan<byte> payload)
    {
        int size = Encode(record, payload);
        if (record.Kind is RecordKind.Fact)
        {
            Current.Count(record.Assignment, size);
        }
    }

    private int Encode(SegmentRecord record, ReadOnlySpan<byte> payload)
    {
        int size = SegmentFormat.SizeOf(payload.Length);
        if (_buffered + size > FlushBytes)
        {
            Write();
        }

        if (_buffered + size > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _buffered + size));
        }

        _buffered += SegmentFormat.Encode(_buffer.AsSpan(_buffered), record, Current.Number, _synced, payload);
        return size;
    }

    private void Write()
    {
        if (_buffered > 0)
        {
            disk.Write(_file!, _buffer.AsSpan(0, _buffered), _written);
            _written += _buffered;
            _buffered = 0;
        }
    }
}
