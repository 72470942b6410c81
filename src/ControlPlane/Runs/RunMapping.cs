using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Runs between the domain and the wire.</summary>
internal static class RunMapping
{
    public static Wire.RunStatus ToWire(this RunStatus status) => status switch
    {
        RunStatus.Pending => Wire.RunStatus.Pending,
        RunStatus.Downloading => Wire.RunStatus.Downloading,
        RunStatus.Downloaded => Wire.RunStatus.Downloaded,
        RunStatus.Deploying => Wire.RunStatus.Deploying,
        RunStatus.Testing => Wire.RunStatus.Testing,
        RunStatus.Reporting => Wire.RunStatus.Reporting,
        RunStatus.Completed => Wire.RunStatus.Completed,
        RunStatus.Failed => Wire.RunStatus.Failed,
        RunStatus.Cancelled => Wire.RunStatus.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    /// <summary>Null for unspecified and for values of a newer agent.</summary>
    public static RunStatus? ToDomain(this Wire.RunStatus status) =>
        status is Wire.RunStatus.Unspecified || !System.Enum.IsDefined(status) ? null : (RunStatus)((int)status - 1);

    public static Wire.Verdict ToWire(this Verdict? verdict) => verdict is null ? Wire.Verdict.Unspecified : (Wire.Verdict)((int)verdict + 1);

    /// <summary>Null for unspecified and for values of a newer agent.</summary>
    public static Verdict? ToDomain(this Wire.Verdict verdict) =>
        verdict is Wire.Verdict.Unspecified || !System.Enum.IsDefined(verdict) ? null : (Verdict)((int)verdict - 1);

    public static Wire.FailureClass ToWire(this FailureClass? failure) =>
        failure is null ? Wire.FailureClass.Unspecified : (Wire.FailureClass)((int)failure + 1);

    /// <summary>Null for unspecified and for values of a newer agent.</summary>
    public static FailureClass? ToDomain(this Wire.FailureClass failure) =>
        failure is Wire.FailureClass.Unspecified || !System.Enum.IsDefined(failure) ? null : (FailureClass)((int)failure - 1);

    public static Wire.StepStatus ToWire(this StepStatus status) => (Wire.StepStatus)((int)status + 1);

    /// <summary>Unknown for unspecified and for values of a newer agent.</summary>
    public static StepStatus ToDomain(this Wire.StepStatus status) =>
        status is Wire.StepStatus.Unspecified || !System.Enum.IsDefined(status) ? StepStatus.Unknown : (StepStatus)((int)status - 1);

    public static Wire.TestOutcome ToWire(this TestOutcome outcome) => (Wire.TestOutcome)(int)outcome;

    /// <summary>Unknown for values of a newer agent.</summary>
    public static TestOutcome ToDomain(this Wire.TestOutcome outcome) =>
        System.Enum.IsDefined(outcome) ? (TestOutcome)(int)outcome : TestOutcome.Unknown;

    public static Wire.TestSummary ToWire(this TestCounts tests) => new()
    {
        Total = tests.Total,
        Passed = tests.Passed,
        Failed = tests.Failed,
        Broken = tests.Broken,
        Skipped = tests.Skipped,
        Unknown = tests.Unknown,
        Interrupted = tests.Interrupted,
        NotRun = tests.NotRun,
        Flaky = tests.Flaky,
        DurationMs = tests.DurationMs,
    };

    public static Wire.Step ToWire(this RunStep step)
    {
        var wire = new Wire.Step
        {
            Name = step.Name,
            Status = step.Status.ToWire(),
            StartedAt = step.StartedAt.ToWire(),
            FinishedAt = step.FinishedAt.ToWire(),
            Error = step.Error,
            Reason = step.Reason,
            DurationMs = step.DurationMs,
        };
        if (step.ExitCode is { } code)
        {
            wire.ExitCode = code;
        }

        return wire;
    }

    public static Wire.Attempt ToWire(this RunAttempt attempt) => new()
    {
        Number = attempt.Number,
        Kind = attempt.Kind,
        Verdict = attempt.Verdict.ToWire(),
        Reason = attempt.Reason,
        StartedAt = attempt.StartedAt.ToWire(),
        FinishedAt = attempt.FinishedAt.ToWire(),
        AssignmentId = attempt.AssignmentId.ToString(),
        Agent = attempt.AgentName,
    };

    public static Wire.TestResult ToWire(this RunTest test, bool flaky = false) => new()
    {
        Id = test.TestId,
        Outcome = test.Outcome.ToWire(),
        DurationMs = test.DurationMs,
        Message = test.Message,
        Trace = test.Trace,
        Output = test.Output,
        Attempt = test.Attempt,
        Worker = test.Worker,
        Ordinal = test.Ordinal,
        Flaky = flaky,
    };

    /// <summary>A run with its parts. While a further attempt is under way nothing of the attempts before is shown as if it were current.</summary>
    public static Wire.Run ToWire(this RunView view, string publicUrl)
    {
        Run run = view.Run;
        bool begun = run.PreviousStatus is null;
        bool countsAnew = !begun && view.Attempts is [.., { Kind: "rerun" }];
        var wire = new Wire.Run
        {
            Id = run.Id,
            TestItemId = run.TestItemId,
            TestItemName = run.TestItemName,
            BuildId = run.BuildId ?? 0,
            JobName = run.JobName,
            BuildNumber = run.BuildNumber,
            Status = run.Status.ToWire(),
            Verdict = run.IsTerminal ? run.Verdict.ToWire() : Wire.Verdict.Unspecified,
            Agent = begun ? run.AgentName : "",
            RequestedBy = run.RequestedBy,
            Priority = run.Priority,
            CreatedAt = Timestamp.FromDateTimeOffset(run.CreatedAt),
            StartedAt = begun ? run.StartedAt.ToWire() : null,
            FinishedAt = run.IsTerminal ? run.FinishedAt.ToWire() : null,
            Error = begun ? run.Error : "",
            FailureClass = begun ? run.FailureClass.ToWire() : Wire.FailureClass.Unspecified,
            Summary = countsAnew ? new() : run.Tests.ToWire(),
            ReportUrl = run.HasReport ? $"{publicUrl.TrimEnd('/')}/reports/{run.Id}/" : "",
            ReportNote = begun ? run.ReportNote : "",
            Parameters = Struct.Parser.ParseJson(SecretForm.Masked(run.Parameters)),
            ContactLostSince = run.ContactLostSince.ToWire(),
            CancelRequested = run.CancelRequestedAt is not null,
            CancelReason = run.CancelReason,
            LastSeq = run.LastSeq,
            PinnedBy = run.PinnedBy,
            PinNote = run.PinNote,
            ExtendedS = run.ExtendedSeconds,
            Gate = GateOf(view),
        };
        (wire.WaitingReason, wire.QueuePosition) = run.Status is RunStatus.Pending ? (view.Waiting.Reason, view.Waiting.Position) : ("", 0);
        wire.Attempts.AddRange(view.Attempts.Select(a => a.ToWire()));
        wire.Steps.AddRange(view.Steps.Select(s => s.ToWire()));
        return wire;
    }

    /// <summary>Until an attempt that is under way has ended, nobody can say more than that its gate is to come.</summary>
    private static Wire.RunGate? GateOf(RunView view)
    {
        if (view.Run.Gate.Length == 0)
        {
            return null;
        }

        bool toCome = view.Gate is null || (!view.Run.IsTerminal && view.Run.HasBegun && view.Attempts is not [.., { Kind: "rollback" }]);
        return toCome
            ? new() { State = Wire.GateState.Pending, Attempt = view.Run.Attempt }
            : new()
            {
                State = (Wire.GateState)((int)view.Gate!.State + 1),
                BatchId = view.Gate.BatchId ?? 0,
                Reason = view.Gate.StopReason.Length > 0 ? $"being stopped: {view.Gate.StopReason}" : view.Gate.Reason,
                Attempt = view.Gate.Attempt,
                DecidedAt = view.Gate.DecidedAt.ToWire(),
            };
    }
}

/// <summary>A run with what a page shows beside it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Attempts">All attempts, oldest first.</param>
/// <param name="Steps">Steps of the newest attempt, in order.</param>
/// <param name="Waiting">Why it waits and where it stands in the queue.</param>
internal sealed record RunView(Run Run, List<RunAttempt> Attempts, List<RunStep> Steps, QueuePlace Waiting)
{
    /// <summary>The newest gate; null when no attempt with one has ended.</summary>
    public RunGate? Gate { get; init; }
}

/// <summary>Where something stands in the queue.</summary>
/// <param name="Reason">Why it waits, in words; empty when it does not.</param>
/// <param name="Position">From 1; 0 when it does not wait.</param>
internal readonly record struct QueuePlace(string Reason, int Position);
