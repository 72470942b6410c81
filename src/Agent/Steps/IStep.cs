namespace Orbit.Agent.Steps;

/// <summary>One kind of step.</summary>
internal interface IStep
{
    /// <summary>Whether cancel and time limits may end it in the middle; false for a step that must not be torn.</summary>
    bool MayBeStopped { get; }

    /// <summary>
    /// Carries the step out, or goes on where an earlier process of this agent left it (<see cref="StepContext.IsResumed"/>). A failure is a
    /// result; an exception is a defect, but for <see cref="Plans.AgentLeavesException"/>.
    /// </summary>
    Task<StepResult> RunAsync(StepContext context);
}
