using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>Results of steps that were ended from outside.</summary>
internal static class StepEnds
{
    /// <summary>The result for a cause.</summary>
    public static StepResult Of(StopCause cause, Assignment assignment, string step, TimeSpan limit, int? exitCode = null) => cause switch
    {
        StopCause.Cancelled => new()
        {
            Status = StepStatus.Cancelled,
            Class = FailureClass.Cancelled,
            Reason = "CANCELLED",
            Error = assignment.Cancel?.Reason is { Length: > 0 } reason ? reason : "Cancelled.",
            ExitCode = exitCode,
        },
        StopCause.StepTimeLimit => StepResult.Failed(FailureClass.Timeout, "STEP_TIME_LIMIT", $"{step} was not done after {Spoken(limit)}.", exitCode),
        StopCause.PlanTimeLimit => StepResult.Failed(FailureClass.Timeout, "PLAN_TIME_LIMIT", $"The time of the whole plan was over during {step}.", exitCode),
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    private static string Spoken(TimeSpan time) => time.TotalMinutes >= 2 ? $"{time.TotalMinutes:0.#} min" : $"{time.TotalSeconds:0.#} s";
}
