namespace Orbit.ControlPlane.Runs;

/// <summary>One execution of a run.</summary>
internal sealed class RunAttempt
{
    public long RunId { get; init; }

    /// <summary>From 1.</summary>
    public int Number { get; init; }

    /// <summary><c>deploy</c>, <c>rerun</c>, <c>rerun-failed</c> or <c>rollback</c>.</summary>
    public string Kind { get; init; } = "deploy";

    /// <summary>The work item; its id is the assignment's id.</summary>
    public Guid AssignmentId { get; init; }

    public string AgentName { get; set; } = "";
    public Verdict? Verdict { get; set; }
    public RunStatus? Status { get; set; }

    /// <summary>Why there is this attempt, or how it ended, in words.</summary>
    public string Reason { get; set; } = "";

    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
}

/// <summary>Where the gate of an attempt stands.</summary>
internal enum GateState
{
    /// <summary>Its batch is about to begin.</summary>
    Pending,

    /// <summary>Its batch has not ended.</summary>
    Running,

    /// <summary>Nothing failed and something passed.</summary>
    Passed,

    /// <summary>Something failed, or nothing passed.</summary>
    Failed,

    /// <summary>Its batch was stopped, or is not to begin any more.</summary>
    Stopped,

    /// <summary>There is no version to decide about.</summary>
    Skipped,

    /// <summary>Its batch could not begin.</summary>
    Broken,
}

/// <summary>What was decided about what an attempt deployed; there is none before the attempt's end.</summary>
internal sealed class RunGate
{
    public long RunId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public int Attempt { get; init; }

    public GateState State { get; set; }
    public long? BatchId { get; set; }

    /// <summary>What came of it, in words.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Who wants its batch to end, and why; empty when nobody does, or it has.</summary>
    public string StopReason { get; set; } = "";

    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>How often it was decided: more than once where failed rows were run again.</summary>
    public int Decisions { get; private set; }

    public bool IsOpen => State is GateState.Pending or GateState.Running;

    /// <summary>Sets the outcome, or that it is open again.</summary>
    public void Decide(GateState state, string reason, DateTimeOffset now)
    {
        (State, Reason, StopReason) = (state, reason, "");
        DecidedAt = IsOpen ? null : now;
        Decisions += IsOpen ? 0 : 1;
    }
}

/// <summary>One step of an attempt. Terminal states are final.</summary>
internal sealed class RunStep
{
    public long RunId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Position in the plan, from 0.</summary>
    public int Ordinal { get; init; }

    public string Name { get; init; } = "";
    public StepStatus Status { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public int? ExitCode { get; set; }
    public string Error { get; set; } = "";
    public string Reason { get; set; } = "";
    public long DurationMs { get; set; }

    /// <summary>Bytes its log will have in the end; null until the step ended.</summary>
    public long? LogLength { get; set; }

    public bool Ended => Status is not (StepStatus.Pending or StepStatus.Running);
}

/// <summary>One test of an attempt.</summary>
internal sealed class RunTest
{
    public int RunDay { get; init; }
    public long RunId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Order of collection, from 0.</summary>
    public int Ordinal { get; set; }

    /// <summary>pytest's node id.</summary>
    public string TestId { get; init; } = "";

    public TestOutcome Outcome { get; set; }
    public long DurationMs { get; set; }
    public string Message { get; set; } = "";
    public string Trace { get; set; } = "";
    public string Output { get; set; } = "";
    public string Worker { get; set; } = "";
}

/// <summary>One numbered fact of a run, stored as it is sent: a serialised <c>orbit.v1.RunEvent</c>.</summary>
internal sealed class RunEventRow
{
    public int RunDay { get; init; }
    public long RunId { get; init; }
    public long Seq { get; init; }
    public byte[] Payload { get; init; } = [];
}
