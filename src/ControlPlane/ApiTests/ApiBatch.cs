using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Where a batch stands.</summary>
internal enum BatchStatus
{
    /// <summary>Rows run or wait.</summary>
    Running,

    /// <summary>No further row begins.</summary>
    Paused,

    /// <summary>Every row has an outcome.</summary>
    Completed,

    /// <summary>Ended before every row was run.</summary>
    Stopped,
}

/// <summary>What came of a row.</summary>
internal enum RowOutcome
{
    /// <summary>Every check held.</summary>
    Passed,

    /// <summary>A check did not hold.</summary>
    Failed,

    /// <summary>Not run.</summary>
    Skipped,

    /// <summary>Run, and nothing was asked.</summary>
    Unchecked,
}

/// <summary>
/// Many rows of API tests. What it runs with is a copy, so that later changes do not touch it. Its total never changes. Counters, the
/// status and the number of its newest event change only under the lock on its row.
/// </summary>
internal sealed class ApiBatch
{
    /// <summary>Most rows at a time.</summary>
    public const int MostConcurrency = 1000;

    public long Id { get; private set; }
    public string Name { get; init; } = "";
    public BatchStatus Status { get; set; } = BatchStatus.Running;

    /// <summary>Somebody wants it to end; rows are still under way.</summary>
    public bool Stopping { get; set; }

    public int Concurrency { get; set; }
    public int Priority { get; init; }
    public int TotalCount { get; init; }
    public int CompletedCount { get; set; }
    public int PassCount { get; set; }
    public int FailCount { get; set; }
    public int UncheckedCount { get; set; }
    public int SkippedCount { get; set; }
    public string RequestedBy { get; init; } = "";
    public string? IdempotencyKey { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; set; }
    public long LastSeq { get; set; }

    /// <summary>The document that it runs, as JSON without secrets.</summary>
    public string Document { get; init; } = "";

    /// <summary>Names of what it runs, as a JSON array.</summary>
    public string Targets { get; init; } = "[]";

    public string Environment { get; init; } = "";
    public Guid SecretOwner { get; init; }

    /// <summary>JSON object of the environment's secrets, encrypted; empty for none.</summary>
    public byte[] SealedSecrets { get; init; } = [];

    /// <summary>JSON object of labels that an agent must carry.</summary>
    public string Labels { get; init; } = "{}";

    public int Seed { get; init; }

    /// <summary>Requests a second over all agents; 0: no limit.</summary>
    public double RatePerHost { get; init; }

    /// <summary>Rows between two pauses; 0: none.</summary>
    public int PartRows { get; init; }

    /// <summary>Length of such a pause in seconds.</summary>
    public int PartPause { get; init; }

    /// <summary>Rows given out since the last pause.</summary>
    public int PartIssued { get; set; }

    /// <summary>When the present pause ends; null for none.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>JSON object: names of the resource pools that a row of a target needs, by target; targets without are left out.</summary>
    public string Pools { get; init; } = "{}";

    /// <summary>JSON array of <see cref="RunItem"/>: the stored items that it runs, nested ones too, as they were when it was made; none for a document.</summary>
    public string Items { get; init; } = "[]";

    /// <summary>True: a document of which everybody may know what came.</summary>
    public bool Shared { get; init; }

    /// <summary>Who may read what came of it.</summary>
    public BatchScope Scope => new(RequestedBy, Items, Shared);

    /// <summary>True: <see cref="Level"/> rows run at a time, <see cref="Concurrency"/> at most.</summary>
    public bool Adaptive { get; init; }

    /// <summary>Rows at a time that were found to be good.</summary>
    public int Level { get; set; }

    /// <summary>JSON of an <see cref="AdaptiveLevel"/>.</summary>
    public string LevelState { get; set; } = "{}";

    /// <summary>Rows at a time that are allowed now.</summary>
    public int ConcurrencyNow => Adaptive ? Math.Clamp(Level, 1, Concurrency) : Concurrency;

    /// <summary>The deploy test whose gate it is, and its attempt; null for none.</summary>
    public long? RunId { get; init; }

    /// <summary>Attempt of <see cref="RunId"/>.</summary>
    public int RunAttempt { get; init; }

    public int Revision { get; set; }

    public bool HasEnded => Status is BatchStatus.Completed or BatchStatus.Stopped;

    /// <summary>Begins no further row.</summary>
    public void Pause()
    {
        RequireOpen();
        Status = BatchStatus.Paused;
    }

    /// <summary>Goes on.</summary>
    public void Resume()
    {
        RequireOpen();
        (Status, NotBefore) = (BatchStatus.Running, null);
    }

    /// <summary>Wants it to end.</summary>
    public void Stop()
    {
        RequireOpen();
        Stopping = true;
    }

    /// <summary>Changes how many rows run at a time.</summary>
    public void Limit(int concurrency)
    {
        RequireOpen();
        Concurrency = concurrency;
    }

    /// <summary>Failed rows run again: they have no outcome any more, the total stays.</summary>
    public void RerunFailed(int rows)
    {
        if (!HasEnded)
        {
            throw OrbitException.Conflict("BATCH_RUNNING", $"Batch {Id} has not ended; rows are rerun when it has.");
        }

        if (rows == 0)
        {
            throw OrbitException.Conflict("BATCH_NOTHING_FAILED", $"No row of batch {Id} failed.");
        }

        (Status, Stopping, FinishedAt, NotBefore, PartIssued) = (BatchStatus.Running, false, null, null, 0);
        CompletedCount -= rows;
        FailCount -= rows;
    }

    /// <summary>Counts a row's outcome.</summary>
    public void Count(RowOutcome outcome, int rows = 1)
    {
        CompletedCount += rows;
        PassCount += outcome is RowOutcome.Passed ? rows : 0;
        FailCount += outcome is RowOutcome.Failed ? rows : 0;
        SkippedCount += outcome is RowOutcome.Skipped ? rows : 0;
        UncheckedCount += outcome is RowOutcome.Unchecked ? rows : 0;
    }

    /// <summary>Nothing is under way and nothing is left to do.</summary>
    public void End(DateTimeOffset now) => (Status, Stopping, FinishedAt) = (Stopping ? BatchStatus.Stopped : BatchStatus.Completed, false, now);

    private void RequireOpen()
    {
        if (HasEnded || Stopping)
        {
            throw OrbitException.Conflict("BATCH_ENDED", $"Batch {Id} {(Stopping ? "is being stopped" : "has ended")}.");
        }
    }
}

/// <summary>One row of a batch. Pending: no piece and no outcome. Given out: a piece and no outcome.</summary>
internal sealed class ApiBatchRow
{
    public long BatchId { get; init; }
    public long RowNo { get; init; }
    public string Target { get; init; } = "";
    public string Name { get; init; } = "";

    /// <summary>JSON object.</summary>
    public string Content { get; init; } = "{}";

    /// <summary>JSON array of checks; empty for none.</summary>
    public string Expect { get; init; } = "";

    /// <summary>From 1; rises with every rerun.</summary>
    public int Attempt { get; set; } = 1;

    /// <summary>How often the present attempt was given out.</summary>
    public int Tries { get; set; }

    public Guid? PieceId { get; set; }
    public RowOutcome? Outcome { get; set; }
}

/// <summary>A result of a row; the first of each attempt is kept, for ever.</summary>
internal sealed class ApiBatchAttempt
{
    public long BatchId { get; init; }
    public long RowNo { get; init; }
    public int Attempt { get; init; }
    public RowOutcome Outcome { get; init; }
    public string FailureClass { get; init; } = "";
    public string Reason { get; init; } = "";
    public string Fingerprint { get; init; } = "";

    /// <summary>Milliseconds.</summary>
    public double Duration { get; init; }

    public int RequestCount { get; init; }
    public string AgentName { get; init; } = "";
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>All of it as JSON, gzip; empty for none.</summary>
    public byte[] Record { get; init; } = [];
}

/// <summary>Rows that an agent has or is to have; gone when it has ended. The id is the work item's.</summary>
internal sealed class ApiBatchPiece
{
    public Guid Id { get; init; }
    public long BatchId { get; init; }
    public int Rows { get; init; }

    /// <summary>Resource pools of which it has a place: names between commas, one at both ends too; empty for none.</summary>
    public string Pools { get; init; } = "";
}

/// <summary>Something that happened to a batch.</summary>
internal sealed class ApiBatchEvent
{
    public long BatchId { get; init; }
    public long Seq { get; init; }
    public DateTimeOffset At { get; init; }

    /// <summary>The row that finished; null: the batch changed or ended.</summary>
    public long? RowNo { get; init; }

    public int? Attempt { get; init; }
    public bool Ended { get; init; }
    public string Text { get; init; } = "";
}

/// <summary>What people know of a cause of failures.</summary>
internal sealed class FailureNote
{
    public string Fingerprint { get; init; } = "";
    public string Text { get; set; } = "";
    public string Issue { get; set; } = "";
    public string AssignedTo { get; set; } = "";
    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";

    /// <summary>The batch that showed the cause; may be gone since.</summary>
    public long BatchId { get; private set; }

    /// <summary>Owner of that batch.</summary>
    public string BatchOwner { get; private set; } = "";

    /// <summary>What that batch ran, as <see cref="ApiBatch.Items"/>.</summary>
    public string Items { get; private set; } = "[]";

    /// <summary>As <see cref="ApiBatch.Shared"/> of that batch.</summary>
    public bool Shared { get; private set; }

    /// <summary>Who may read it: as what came of the batch.</summary>
    public BatchScope Scope => new(BatchOwner, Items, Shared);

    /// <summary>It was made at a batch, and is for those who may read that.</summary>
    public void ComeFrom(ApiBatch batch) => (BatchId, BatchOwner, Items, Shared) = (batch.Id, batch.RequestedBy, batch.Items, batch.Shared);
}

/// <summary>A batch that begins by the clock.</summary>
internal sealed class ApiBatchSchedule
{
    public long Id { get; private set; }
    public string Name { get; init; } = "";
    public string Cron { get; set; } = "";
    public string TimeZone { get; set; } = "UTC";
    public bool Enabled { get; set; } = true;

    /// <summary>What to run: a <see cref="BatchWish"/> as JSON.</summary>
    public string Wish { get; set; } = "{}";

    public string Owner { get; init; } = "";

    public DateTimeOffset? NextAt { get; set; }
    public long LastBatchId { get; set; }
    public string LastProblem { get; set; } = "";
    public int Revision { get; set; }

    /// <summary>Sets the next time after a given one.</summary>
    public void Plan(DateTimeOffset after) => NextAt = Enabled ? Schedule.Parse(Cron, TimeZone).After(after) : null;
}

/// <summary>Something of which there are only so many.</summary>
internal sealed class ApiPool
{
    public string Name { get; init; } = "";
    public int Size { get; set; }
    public string Description { get; set; } = "";
    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";
    public int Revision { get; set; }
}
