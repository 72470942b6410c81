namespace Orbit.Agent.Journal;

/// <summary>Reads all segments of a journal directory and tells what is still open.</summary>
internal sealed class JournalReplay(SegmentFiles files)
{
    private readonly Dictionary<Guid, SortedDictionary<long, JournalRecord>> _open = [];
    private long _lastNumber;

    /// <summary>What replay found.</summary>
    /// <param name="Records">Of open assignments, in the order of writing.</param>
    /// <param name="LastNumber">The greatest number in use.</param>
    /// <param name="End">Where the readable records of the last segment end; 0 when there is no segment.</param>
    /// <param name="Ended">The last segment has its end mark: writing goes on in a new one.</param>
    /// <param name="Torn">Bytes behind <paramref name="End"/> belong to a write that never finished and must be wiped.</param>
    public sealed record Outcome(List<JournalRecord> Records, long LastNumber, int End, bool Ended, bool Torn);

    public Outcome Run()
    {
        int end = 0;
        bool ended = true;
        bool torn = false;
        foreach (Segment segment in files.Segments)
        {
            byte[] bytes = File.ReadAllBytes(segment.Path);
            SegmentFormat.CheckHeader(bytes, segment.Number, segment.Path);
            ended = ReadSegment(segment, bytes, out end);
            if (!ended && segment != files.Segments[^1])
            {
                throw new JournalDamagedException(segment.Path, end, "the record here cannot be read, and later segments exist");
            }

            torn = !ended && CheckTail(segment, bytes, end);
        }

        List<JournalRecord> records = [.. _open.Values.SelectMany(of => of.Values).OrderBy(record => record.Number)];
        return new Outcome(records, _lastNumber, end, ended, torn);
    }

    /// <returns>Whether the segment ends with its end mark.</returns>
    private bool ReadSegment(Segment segment, byte[] bytes, out int end)
    {
        end = SegmentFormat.HeaderBytes;
        while (SegmentFormat.TryDecode(bytes, end, segment.Number, out SegmentRecord record))
        {
            end = record.Next;
            _lastNumber = Math.Max(_lastNumber, record.Number);
            switch (record.Kind)
            {
                case RecordKind.Fact:
                    Keep(segment, record, bytes);
                    break;
                case RecordKind.Forget:
                    Forget(record);
                    break;
                case RecordKind.End:
                    return true;
                default:
                    throw new JournalDamagedException(segment.Path, record.Position, $"record kind {(byte)record.Kind} is unknown");
            }
        }

        return false;
    }

    private void Keep(Segment segment, SegmentRecord record, byte[] bytes)
    {
        if (!_open.TryGetValue(record.Assignment, out SortedDictionary<long, JournalRecord>? facts))
        {
            _open[record.Assignment] = facts = [];
        }

        // The same number again is the copy that was made to free an old segment.
        facts[record.Number] = new JournalRecord(record.Number, record.Assignment, record.Type, bytes[record.Payload]);
        segment.Count(record.Assignment, SegmentFormat.SizeOf(record.PayloadBytes));
    }

    private void Forget(SegmentRecord record)
    {
        _ = _open.Remove(record.Assignment);
        foreach (Segment segment in files.Segments)
        {
            _ = segment.Forget(record.Assignment);
        }
    }

    /// <summary>
    /// Looks behind the last readable record. Anything there was written in one go with what is unreadable and never acknowledged, unless
    /// it says that the unreadable place had been durable before.
    /// </summary>
    /// <returns>Whether an unfinished write has left bytes of this segment.</returns>
    private static bool CheckTail(Segment segment, byte[] bytes, int end)
    {
        bool torn = false;
        for (int position = end; position <= bytes.Length - SegmentFormat.RecordHeaderBytes; position += SegmentFormat.Alignment)
        {
            torn |= BitConverter.ToInt64(bytes, position) != 0;
            if (SegmentFormat.TryDecode(bytes, position, segment.Number, out SegmentRecord later) && later.DurableOffset > end)
            {
                throw new JournalDamagedException(segment.Path, end, $"the record here cannot be read, and the one at byte {position} was written after it had been acknowledged");
            }
        }

        return torn;
    }
}
