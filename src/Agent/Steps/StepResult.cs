using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>How a step ended.</summary>
internal sealed record StepResult
{
    /// <summary>SUCCEEDED, FAILED, SKIPPED, CANCELLED or UNKNOWN.</summary>
    public required StepStatus Status { get; init; }

    /// <summary>Exit code of its command; <see langword="null"/> where it has none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Stable reason code; empty when it succeeded.</summary>
    public string Reason { get; init; } = "";

    /// <summary>One line for a person; empty when there is nothing to say.</summary>
    public string Error { get; init; } = "";

    /// <summary>Class of the failure; unspecified when it did not fail.</summary>
    public FailureClass Class { get; init; }

    /// <summary>What the tests came to; only of a test step that could tell.</summary>
    public TestVerdict? Tests { get; init; }

    /// <summary>It ended well.</summary>
    public static StepResult Succeeded(int? exitCode = null) => new() { Status = StepStatus.Succeeded, ExitCode = exitCode };

    /// <summary>It was not needed; the words say why.</summary>
    public static StepResult Skipped(string why) => new() { Status = StepStatus.Skipped, Error = why };

    /// <summary>It ended badly.</summary>
    public static StepResult Failed(FailureClass failureClass, string reason, string error, int? exitCode = null) =>
        new() { Status = StepStatus.Failed, Class = failureClass, Reason = reason, Error = error, ExitCode = exitCode };

    /// <summary>Nobody can know whether it finished.</summary>
    public static StepResult Unknown(string error) =>
        new() { Status = StepStatus.Unknown, Class = FailureClass.Infrastructure, Reason = "OUTCOME_UNKNOWN", Error = error };
}

/// <summary>What the tests of an attempt came to.</summary>
/// <param name="Verdict">PASSED, TESTS_FAILED, NO_TESTS, INFRASTRUCTURE_ERROR, INTERRUPTED, TIMED_OUT or CANCELLED.</param>
/// <param name="Reason">In one line.</param>
/// <param name="Summary">Numbers; all zero for a command that is not expected to run pytest.</param>
internal sealed record TestVerdict(Verdict Verdict, string Reason, TestSummary Summary);
