using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>What the steps of a plan come to together. Rules alone: nothing is read or written.</summary>
internal sealed class PlanOutcome
{
    private readonly Dictionary<string, StepResult> _results = [];

    /// <summary>The first step that did not end well, with its result.</summary>
    public (string Step, StepResult Result)? Failure { get; private set; }

    /// <summary>What the tests came to; <see langword="null"/> while none has ended.</summary>
    public TestVerdict? Tests { get; private set; }

    /// <summary>Results by step.</summary>
    public IReadOnlyDictionary<string, StepResult> Results => _results;

    /// <summary>Whether the next step of the plan may begin.</summary>
    public bool MayGoOn => Failure is null;

    /// <summary>Takes the end of a step. A failed rollback or report never hides an earlier failure.</summary>
    public void Add(string step, StepResult result)
    {
        _results[step] = result;
        Tests = result.Tests ?? Tests;
        if (result.Status is StepStatus.Failed or StepStatus.Cancelled or StepStatus.Unknown)
        {
            Failure ??= (step, result);
        }
    }

    /// <summary>The plan is to end although the step before went well.</summary>
    public void StopBefore(string step, StopCause cause, string reason)
    {
        StepResult stopped = cause == StopCause.Cancelled
            ? new() { Status = StepStatus.Cancelled, Class = FailureClass.Cancelled, Reason = "CANCELLED", Error = reason }
            : StepResult.Failed(FailureClass.Timeout, "PLAN_TIME_LIMIT", $"The time of the whole plan was over before {step} began.");
        Failure ??= (step, stopped);
    }

    /// <summary>Whether the old version is to be put back now.</summary>
    /// <remarks>
    /// A plan that was ended between stopping the old version and the new one being healthy counts as a failed deployment: the host is
    /// not left between two versions. What nobody can know is not touched.
    /// </remarks>
    public bool WantsRollback(RollbackPolicy policy)
    {
        bool begun = Ended("stop") || _results.ContainsKey("backup") || _results.ContainsKey("replace");
        if (policy == RollbackPolicy.Never || !begun || Failure?.Result.Status == StepStatus.Unknown)
        {
            return false;
        }

        bool deployFailed = Failure is { Step: "backup" or "replace" or "start" or "health" };
        bool anyFailed = Failure is { Step: not "report" } || Tests is { Verdict: not Verdict.Passed };
        return deployFailed || (policy == RollbackPolicy.OnAnyFailure && anyFailed);
    }

    /// <summary>The last event of the plan.</summary>
    public PlanEnded ToEvent(string hostState)
    {
        (RunStatus status, Verdict verdict, FailureClass failureClass) = Judge();
        return new PlanEnded
        {
            Status = status,
            Verdict = verdict,
            FailureClass = failureClass,
            Error = Words.Cut(Failure is { } failure ? Cause(failure) : Tests is { Verdict: not Verdict.Passed } tests ? tests.Reason : "", 1000),
            Summary = Tests?.Summary ?? new TestSummary(),
            HostState = Words.Cut(hostState, 1000),
        };
    }

    private (RunStatus Status, Verdict Verdict, FailureClass Class) Judge()
    {
        if (Failure is not { } failure)
        {
            Verdict tests = Tests?.Verdict ?? Verdict.Passed;
            return (RunStatus.Completed, tests, tests == Verdict.Passed ? FailureClass.Unspecified : FailureClass.Test);
        }

        return failure.Result switch
        {
            { Status: StepStatus.Cancelled } => (RunStatus.Cancelled, Verdict.Cancelled, FailureClass.Cancelled),
            { Status: StepStatus.Unknown } => (RunStatus.Failed, Verdict.Unknown, FailureClass.Infrastructure),
            { Class: FailureClass.Timeout } => (RunStatus.Failed, Verdict.TimedOut, FailureClass.Timeout),
            { Tests.Verdict: Verdict.Interrupted } => (RunStatus.Failed, Verdict.Interrupted, FailureClass.Test),
            { Class: var failed } => (RunStatus.Failed, Verdict.InfrastructureError, failed),
        };
    }

    private static string Cause((string Step, StepResult Result) failure) =>
        failure.Result.Status == StepStatus.Cancelled ? failure.Result.Error : $"{failure.Step}: {failure.Result.Error}";

    private bool Ended(string step) => _results.TryGetValue(step, out StepResult? result) && result.Status == StepStatus.Succeeded;
}
