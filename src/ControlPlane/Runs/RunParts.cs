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
