using Orbit.Agent.Files;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Steps;

/// <summary>A step cannot be carried out as asked, for a reason that a person can act on.</summary>
internal sealed class StepRefusal(FailureClass failureClass, string reason, string message) : Exception(message)
{
    /// <summary>Class of the failure.</summary>
    public FailureClass Class { get; } = failureClass;

    /// <summary>Stable code.</summary>
    public string Reason { get; } = reason;

    /// <summary>The result of a step that ended by a refusal of any room; <see langword="null"/> for anything else, which is a defect.</summary>
    public static StepResult? ResultOf(Exception thrown, string step) => thrown switch
    {
        StepRefusal own => StepResult.Failed(own.Class, own.Reason, own.Message),
        PolicyRefusal policy => StepResult.Failed(FailureClass.Infrastructure, policy.Reason, policy.Message),
        NoSpaceRefusal full => StepResult.Failed(FailureClass.Infrastructure, full.Reason, full.Message),
        HostRefusal host => StepResult.Failed(ClassOf(step), host.Reason, host.Message),
        ProcessStartException start => StepResult.Failed(ClassOf(step), start.Reason, start.Message),
        IOException full when NoSpaceRefusal.IsFull(full) => StepResult.Failed(FailureClass.Infrastructure, NoSpaceRefusal.Code, full.Message),
        IOException or UnauthorizedAccessException => StepResult.Failed(ClassOf(step), "HOST_IO_FAILED", thrown.Message),
        _ => null,
    };

    private static FailureClass ClassOf(string step) => step switch
    {
        "download" or "extract" => FailureClass.Package,
        "start" or "health" => FailureClass.Start,
        "test" => FailureClass.Test,
        "report" => FailureClass.Infrastructure,
        _ => FailureClass.Deploy,
    };
}
