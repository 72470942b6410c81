namespace Orbit.ControlPlane.Reports;

/// <summary>The newest built report of a run.</summary>
internal sealed class Report
{
    public long RunId { get; init; }

    /// <summary>The attempt it was built after.</summary>
    public int Attempt { get; init; }

    /// <summary>The packed report; also names this version of it in links and caches.</summary>
    public Guid BlobId { get; init; }

    /// <summary>Bytes packed.</summary>
    public long Size { get; init; }

    public DateTimeOffset BuiltAt { get; init; }
}

/// <summary>Where a report that is wanted stands. One that was built has no job any more.</summary>
internal enum ReportJobState
{
    /// <summary>Waits for a builder, or for the end of a back-off.</summary>
    Queued,

    /// <summary>A builder has it until its claim lapses.</summary>
    Building,

    /// <summary>Given up after several tries; a person can ask again.</summary>
    Failed,
}

/// <summary>A report to build.</summary>
internal sealed class ReportJob
{
    public long RunId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Reports of one item are built one after the other, because each continues the history of the one before.</summary>
    public long TestItemId { get; init; }

    public ReportJobState State { get; init; }
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>Not to be tried earlier.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>The process that builds it; null when none does.</summary>
    public Guid? ClaimedBy { get; init; }

    /// <summary>When the claim lapses unless it is renewed. A process that was killed is followed by another then.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    /// <summary>Claims so far, lapsed ones included; with <see cref="ClaimedBy"/> it fences a builder that lost its claim.</summary>
    public int Tries { get; init; }

    /// <summary>What will be missing from the report, known before it is built; empty when nothing is.</summary>
    public string Note { get; init; } = "";

    /// <summary>Why the last try failed; empty before.</summary>
    public string Error { get; init; } = "";
}

/// <summary>Allure's history of a test item: a gzipped file of one line a report.</summary>
internal sealed class ReportHistory
{
    public long TestItemId { get; init; }
    public Guid BlobId { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}
