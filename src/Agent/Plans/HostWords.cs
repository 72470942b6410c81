using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Says in words how a plan left the host.</summary>
internal static class HostWords
{
    /// <summary>Empty for a plan that changes nothing on the host.</summary>
    public static string Describe(DeployWork work, PlanOutcome outcome)
    {
        if (work.InstallDir.Length == 0)
        {
            return "";
        }

        IReadOnlyDictionary<string, StepResult> results = outcome.Results;
        if (results.TryGetValue("rollback", out StepResult? rollback))
        {
            return rollback.Status == StepStatus.Succeeded
                ? Or(rollback.Error, "The version of before is back.")
                : $"The version of before could not be put back: {rollback.Error}";
        }

        if (Ended(results, "health"))
        {
            return $"The new version ({Name(work)}) runs and is healthy.";
        }

        return Began(results, "start") ? Ended(results, "start")
                ? $"The new version ({Name(work)}) is installed and was started{(work.Steps.Any(step => step.Health is not null) ? "; it is not known to be healthy" : "")}."
                : $"The new version ({Name(work)}) is installed; whether it runs is not known."
            : Began(results, "replace") ? Ended(results, "replace")
                ? $"The new version ({Name(work)}) is installed and not started."
                : $"The version of before is installed and not started: {results["replace"].Error}"
            : Ended(results, "stop") ? "The version of before is installed and stopped."
            : Began(results, "stop") && results["stop"].Status != StepStatus.Skipped ? "The version of before is installed; whether it still runs is not known."
            : "Nothing was changed.";
    }

    private static string Name(DeployWork work) => Or(work.BuildName, "as downloaded");

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static bool Began(IReadOnlyDictionary<string, StepResult> results, string step) => results.ContainsKey(step);

    private static bool Ended(IReadOnlyDictionary<string, StepResult> results, string step) =>
        results.TryGetValue(step, out StepResult? result) && result.Status == StepStatus.Succeeded;
}
