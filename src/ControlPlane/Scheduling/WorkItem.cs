namespace Orbit.ControlPlane.Scheduling;

/// <summary>Where a piece of work stands. <c>Queued → Offered → Accepted → Running → Ended</c>; <c>Unknown</c> while nobody can tell.</summary>
internal enum WorkState
{
    /// <summary>Waits for an agent.</summary>
    Queued,

    /// <summary>Offered to an agent, not accepted yet. Offered again, with the same id and epoch, until it is.</summary>
    Offered,

    /// <summary>In the agent's journal; no event yet.</summary>
    Accepted,

    /// <summary>At least one event came.</summary>
    Running,

    /// <summary>No word from the agent; what it does is unknown. The lock stays.</summary>
    Unknown,

    /// <summary>Ended for good.</summary>
    Ended,
}

/// <summary>What kind of work it is.</summary>
internal enum WorkKind
{
    /// <summary>An attempt of a run; takes a deploy slot.</summary>
    Run,

    /// <summary>Nothing to do; takes an API slot.</summary>
    Noop,

    /// <summary>Rows of a batch of API tests; takes an API slot.</summary>
    Api,
}

/// <summary>What the scheduler queues, and the assignment it becomes: the id is the same.</summary>
/// <remarks>
/// Written by hand-made statements only, each conditional on the epoch, so that a stale agent or a stale replica changes no row.
/// </remarks>
internal sealed class WorkItem
{
    /// <summary>UUID version 7: its time is when the item was made, and the partition it is in.</summary>
    public Guid Id { get; init; }

    public WorkKind Kind { get; init; }
    public WorkState State { get; set; }

    /// <summary>Grows at every hand-out; 0 before the first.</summary>
    public long Epoch { get; set; }

    public long? RunId { get; init; }
    public int? Attempt { get; init; }
    public int? RunDay { get; init; }
    public long? AgentId { get; set; }

    /// <summary>Number of the agent's newest event that is stored.</summary>
    public long LastSeq { get; set; }

    public int Priority { get; init; }

    /// <summary>
    /// Order of hand-out, lowest first: milliseconds of its making less ten minutes for each point of priority. Ages all waiting items
    /// alike, so nothing starves.
    /// </summary>
    public long Rank { get; init; }

    /// <summary>JSON object of labels that an agent must carry.</summary>
    public string Labels { get; init; } = "{}";

    /// <summary>JSON array of names: only these agents may have it; null: any that fits.</summary>
    public string? Agents { get; init; }

    /// <summary>Who asked for it, whom bookings of others hold up; null for work that no booking holds up.</summary>
    public string? Owner { get; init; }

    /// <summary>The test item it is of; null for none.</summary>
    public long? TestItemId { get; init; }

    /// <summary>Most items of the same test item under way on one host at a time; null: no such limit.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Seconds by which the plan's time limits were extended; null: they were not.</summary>
    public long? ExtendedSeconds { get; set; }

    /// <summary>Service to lock on the agent's host; empty for none.</summary>
    public string Service { get; init; } = "";

    /// <summary>True when nothing but a slot has to be free for it.</summary>
    public bool NeedsNoLock => Owner is null && Service.Length == 0 && Concurrency is null or 0;

    /// <summary>A serialised <c>orbit.v1.Plan</c>.</summary>
    public byte[] Plan { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? OfferedAt { get; set; }
    public DateTimeOffset? AcceptedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public DateTimeOffset? CancelRequestedAt { get; set; }
    public string CancelReason { get; set; } = "";

    /// <summary>Since when nothing was heard; null in contact.</summary>
    public DateTimeOffset? ContactLostSince { get; set; }

    /// <summary>Why it waits, in words; empty when it does not or nobody looked yet.</summary>
    public string WaitingReason { get; set; } = "";
}

/// <summary>How the queue is ordered.</summary>
internal static class QueueRank
{
    private const long MillisecondsAPoint = 10 * 60 * 1000;

    /// <summary>The rank of an item made now.</summary>
    public static long Of(DateTimeOffset made, int priority) => made.ToUnixTimeMilliseconds() - (priority * MillisecondsAPoint);
}

/// <summary>
/// One service on one host, or one of the places that a test item has on it, held by one work item until that has ended; never freed by time.
/// </summary>
internal sealed class ServiceLock
{
    /// <summary>Name of the n-th place of a test item, from 1; no service is named so.</summary>
    public static string PlaceOf(long testItemId, int number) => $"#{testItemId}/{number}";

    public string Host { get; init; } = "";
    public string Service { get; init; } = "";
    public Guid WorkItemId { get; init; }
    public long? RunId { get; init; }
    public DateTimeOffset TakenAt { get; init; }
}
