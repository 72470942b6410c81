using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Names of the steps of a plan, in order.</summary>
internal static class PlanSteps
{
    public static IEnumerable<string> NamesOf(Wire.Plan plan)
    {
        foreach (Wire.PlanStep step in plan.Deploy.Steps)
        {
            yield return step.StepCase.ToString().ToLowerInvariant();
        }
    }
}
