using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>
/// One deploy test: a build, a test item and the parameters as they were at the trigger. It has attempts; the run shows the effective
/// verdict. Terminal states of an attempt are final: what an agent says afterwards becomes a note.
/// </summary>
internal sealed class Run
{
    private Run() { } // EF Core

    public Run(RunRequest request, DateTimeOffset now)
    {
        (TestItemId, TestItemName, BuildId, JobName, BuildNumber) =
            (request.TestItemId, request.TestItemName, request.BuildId, request.JobName, request.BuildNumber);
        (RequestedBy, Priority, IdempotencyKey, Parameters) =
            (request.RequestedBy, request.Priority, request.IdempotencyKey, request.Parameters);
        Gate = request.Gate;
        (Id, CreatedAt, Day, Status, Attempt) = (request.Taken?.RunId ?? 0, now, TimePartitioned.DayOf(now), RunStatus.Pending, 1);
    }

    public long Id { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Day of <see cref="CreatedAt"/>: the partition that the run's events, tests and logs are in.</summary>
    public int Day { get; private set; }

    public long TestItemId { get; private set; }
    public string TestItemName { get; private set; } = "";
    public long? BuildId { get; private set; }
    public string JobName { get; private set; } = "";
    public string BuildNumber { get; private set; } = "";
    public string RequestedBy { get; private set; } = "";
    public int Priority { get; private set; }
    public string? IdempotencyKey { get; private set; }

    /// <summary>JSON object: the parameters this run uses.</summary>
    public string Parameters { get; private set; } = "{}";

    public RunStatus Status { get; private set; }
    public Verdict? Verdict { get; private set; }
    public FailureClass? FailureClass { get; private set; }
    public string Error { get; private set; } = "";
    public int Attempt { get; private set; }
    public string AgentName { get; private set; } = "";
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }
    public DateTimeOffset? ContactLostSince { get; private set; }
    public DateTimeOffset? CancelRequestedAt { get; private set; }
    public string CancelReason { get; private set; } = "";
    public TestCounts Tests { get; private set; } = new();

    /// <summary>Number of the newest event; the next one is this plus one.</summary>
    public long LastSeq { get; private set; }

    /// <summary>True once a report can be opened.</summary>
    public bool HasReport { get; private set; }

    /// <summary>What stands in the way of a complete report, in words.</summary>
    public string ReportNote { get; private set; } = "";

    /// <summary>Status before the present attempt was asked for, while no agent has it; null otherwise. What an attempt that never begins takes back.</summary>
    public RunStatus? PreviousStatus { get; private set; }

    /// <summary>Seconds by which the present attempt's time limits were extended.</summary>
    public long ExtendedSeconds { get; private set; }

    /// <summary>Who keeps it from retention; empty when nobody does.</summary>
    public string PinnedBy { get; private set; } = "";

    /// <summary>Why it is kept.</summary>
    public string PinNote { get; private set; } = "";

    /// <summary>What decides about the deployed version, as the item had it at the trigger: JSON of an ItemGate; empty for none.</summary>
    public string Gate { get; private set; } = "";

    /// <summary>Counts changes; a save over a newer one is refused and done again.</summary>
    public int Revision { get; private set; }

    public bool IsTerminal => RunLifecycle.IsTerminal(Status);

    /// <summary>Takes the numbers for <paramref name="count"/> new events; returns the first.</summary>
    public long TakeSeq(int count = 1)
    {
        long first = LastSeq + 1;
        LastSeq += count;
        Revision++;
        return first;
    }

    /// <summary>True once an agent has the present attempt.</summary>
    public bool HasBegun => StartedAt is not null && PreviousStatus is null;

    /// <summary>An agent has the attempt for good. What was of the attempt before gives way.</summary>
    /// <param name="agentName">The agent.</param>
    /// <param name="whole">True: the attempt runs all tests anew, so the numbers begin from nothing.</param>
    /// <param name="now">When.</param>
    public void AcceptedBy(string agentName, bool whole, DateTimeOffset now)
    {
        if (PreviousStatus is not null)
        {
            (PreviousStatus, Error, FailureClass, FinishedAt, ReportNote) = (null, "", null, null, "");
            Tests = whole ? new TestCounts() : Tests;
        }

        (AgentName, StartedAt, Revision) = (agentName, now, Revision + 1);
    }

    /// <returns>False when the run is there already, or beyond it, or the attempt has ended.</returns>
    public bool MoveTo(RunStatus stage)
    {
        if (IsTerminal || !RunLifecycle.Allows(Status, stage))
        {
            return false;
        }

        (Status, Revision) = (stage, Revision + 1);
        return true;
    }

    /// <returns>False when a cancel was asked for before, or the run has ended.</returns>
    public bool RequestCancel(string reason, DateTimeOffset now)
    {
        if (IsTerminal || CancelRequestedAt is not null)
        {
            return false;
        }

        (CancelRequestedAt, CancelReason, Revision) = (now, reason, Revision + 1);
        return true;
    }

    /// <summary>The first cause that was told; later ones do not replace it.</summary>
    public void Blame(FailureClass failureClass, string error)
    {
        FailureClass ??= failureClass;
        if (Error.Length == 0)
        {
            Error = error;
        }

        Revision++;
    }

    /// <summary>Remembers numbers as they grow.</summary>
    public void Count(TestCounts tests) => (Tests, Revision) = (tests, Revision + 1);

    /// <summary>Nobody can tell what the agent is doing. The host stays locked.</summary>
    public bool LoseContact(DateTimeOffset since)
    {
        if (IsTerminal || ContactLostSince is not null)
        {
            return false;
        }

        (ContactLostSince, Revision) = (since, Revision + 1);
        return true;
    }

    /// <returns>False when contact was not lost.</returns>
    public bool RegainContact()
    {
        if (ContactLostSince is null)
        {
            return false;
        }

        (ContactLostSince, Revision) = (null, Revision + 1);
        return true;
    }

    /// <summary>The run becomes terminal.</summary>
    public void Finish(RunStatus status, Verdict verdict, DateTimeOffset now)
    {
        RunLifecycle.Require(Id, Status, status);
        (Status, Verdict, FinishedAt, ContactLostSince, Revision) = (status, verdict, now, null, Revision + 1);
    }

    /// <summary>Opens the next attempt of an ended run. What the attempts before came to stays until an agent has the new one.</summary>
    public void Reopen()
    {
        if (!IsTerminal)
        {
            throw OrbitException.Conflict("RUN_NOT_ENDED", $"Run {Id} has not ended; it is {Status}.");
        }

        RunLifecycle.Require(Id, Status, RunStatus.Pending);
        (PreviousStatus, Status, Attempt) = (Status, RunStatus.Pending, Attempt + 1);
        (CancelRequestedAt, CancelReason, ExtendedSeconds, Revision) = (null, "", 0, Revision + 1);
    }

    /// <summary>The new attempt was taken back before it began: the run is what it was.</summary>
    /// <returns>False when there was none before.</returns>
    public bool TakeBack()
    {
        if (PreviousStatus is not { } before)
        {
            return false;
        }

        (Status, PreviousStatus, CancelRequestedAt, CancelReason, Revision) = (before, null, null, "", Revision + 1);
        return true;
    }

    /// <summary>Gives the present attempt more time.</summary>
    public void Extend(long seconds) => (ExtendedSeconds, Revision) = (ExtendedSeconds + seconds, Revision + 1);

    /// <summary>Keeps it from retention, or lets it go with an empty name.</summary>
    public void Pin(string by, string note) => (PinnedBy, PinNote, Revision) = (by, note, Revision + 1);

    /// <summary>A report of the newest results can be opened, or cannot be built for the reason in the note.</summary>
    public void ReportBuilt(bool built, string note)
    {
        HasReport |= built;
        ReportNote = note;
        Revision++;
    }
}

/// <summary>What a run is made of at the trigger.</summary>
internal sealed record RunRequest(
    long TestItemId, string TestItemName, long? BuildId, string JobName, string BuildNumber,
    string RequestedBy, int Priority, string? IdempotencyKey, string Parameters)
{
    /// <summary>True: older waiting runs of the item are cancelled.</summary>
    public bool NewestOnly { get; init; }

    /// <summary>The item's gate; empty for none.</summary>
    public string Gate { get; init; } = "";

    /// <summary>What was taken and seen ahead, for a run that is stored in one round trip; null: nothing was.</summary>
    public TakenAhead? Taken { get; init; }

    /// <summary>Who tests a build that is marked bad, and why; null for any other build.</summary>
    public (Caller By, string Reason)? BadBuildOverride { get; init; }
}

/// <summary>What the query before a run's transaction brought along.</summary>
/// <param name="RunId">An id for the run that nobody else gets.</param>
/// <param name="NothingBooked">True when no booking of any host was under way.</param>
internal sealed record TakenAhead(long RunId, bool NothingBooked);

/// <summary>Numbers of tests.</summary>
internal sealed record TestCounts
{
    public int Total { get; init; }
    public int Passed { get; init; }
    public int Failed { get; init; }
    public int Broken { get; init; }
    public int Skipped { get; init; }
    public int Unknown { get; init; }
    public int Interrupted { get; init; }
    public int NotRun { get; init; }

    /// <summary>Of those that passed: how many had failed in an earlier attempt.</summary>
    public int Flaky { get; init; }

    /// <summary>Wall time of the test session in milliseconds.</summary>
    public long DurationMs { get; init; }
}
