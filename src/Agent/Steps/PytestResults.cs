using Orbit.Agent.Pytest;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Between pytest's words and the contract's.</summary>
internal static class PytestResults
{
    /// <summary>The step's result. Tests that failed are no failure of the step.</summary>
    public static StepResult ToStep(PytestVerdict verdict, TestSummary summary, CommandEnd ended, StepContext context)
    {
        TestVerdict tests = new(ToWire(verdict.Kind), verdict.Reason, summary);
        return verdict.Kind switch
        {
            PytestVerdictKind.Passed or PytestVerdictKind.TestsFailed or PytestVerdictKind.NoTests => StepResult.Succeeded(ended.End.ExitCode) with { Tests = tests },
            PytestVerdictKind.Cancelled or PytestVerdictKind.TimedOut => StepEnds.Of(ended.Stopped, context.Assignment, context.Name, context.Limit, ended.End.ExitCode) with
            {
                Tests = tests,
                Error = verdict.Reason,
            },
            _ => StepResult.Failed(FailureClass.Test, verdict.Code, verdict.Reason, ended.End.ExitCode) with { Tests = tests },
        };
    }

    /// <summary>How a test that has ended went.</summary>
    public static TestOutcome ToWire(PytestStatus status) => status switch
    {
        PytestStatus.Passed => TestOutcome.Passed,
        PytestStatus.Failed => TestOutcome.Failed,
        PytestStatus.Broken => TestOutcome.Broken,
        PytestStatus.Skipped => TestOutcome.Skipped,
        _ => TestOutcome.Unknown,
    };

    private static Verdict ToWire(PytestVerdictKind kind) => kind switch
    {
        PytestVerdictKind.Passed => Verdict.Passed,
        PytestVerdictKind.TestsFailed => Verdict.TestsFailed,
        PytestVerdictKind.NoTests => Verdict.NoTests,
        PytestVerdictKind.TimedOut => Verdict.TimedOut,
        PytestVerdictKind.Interrupted => Verdict.Interrupted,
        PytestVerdictKind.Cancelled => Verdict.Cancelled,
        _ => Verdict.InfrastructureError,
    };
}
