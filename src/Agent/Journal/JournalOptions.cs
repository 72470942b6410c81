namespace Orbit.Agent.Journal;

/// <summary>Sizes of the journal. All values are in bytes unless they say otherwise.</summary>
internal sealed record JournalOptions
{
    /// <summary>Size of one pre-allocated segment file. 4 KiB to 1 GiB; 16 MiB unless told otherwise.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// With more segments than this, the live records of the oldest one are copied to the end, so that one assignment that stays
    /// open for days does not keep everything that was written after it. At least 2; the default is 4.
    /// </summary>
    public int SegmentsBeforeCopy { get; init; } = 4;

    /// <summary>The largest payload of one record: what fits beside the headers, and never more than 1 MiB.</summary>
    public int MaxPayloadBytes =>
        Math.Min(1024 * 1024, SegmentBytes - SegmentFormat.HeaderBytes - (2 * SegmentFormat.RecordHeaderBytes));

    /// <summary>Refuses sizes that cannot work.</summary>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, 4096, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, 1 << 30, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfNotEqual(SegmentBytes % SegmentFormat.Alignment, 0, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentsBeforeCopy, 2, nameof(SegmentsBeforeCopy));
    }
}
