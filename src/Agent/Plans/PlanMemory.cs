using Google.Protobuf;
using Orbit.Agent.Processes;
using Orbit.Agent.Steps;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Plans;

/// <summary>Between what steps come to and what the journal remembers of it.</summary>
internal static class PlanMemory
{
    private const string Tests = "tests";

    /// <summary>The step is about to have its first effect; names the id that its processes will carry, and the boot it happens in.</summary>
    public static StepFact NewIntent(string step) => new(
        step, StepFact.Intent, new Dictionary<string, string> { ["id"] = Guid.NewGuid().ToString(), ["boot"] = ProcessIdentity.CurrentBootId });

    /// <summary>The id that the step's processes carry.</summary>
    public static Guid StepIdOf(StepFact intent) => Guid.Parse(intent.Values["id"]);

    /// <summary>What the tests came to, beside the step's last event.</summary>
    public static StepFact Remember(string step, TestVerdict tests) => new(step, Tests, new Dictionary<string, string>
    {
        ["verdict"] = tests.Verdict.ToString(),
        ["reason"] = tests.Reason,
        ["summary"] = tests.Summary.ToByteString().ToBase64(),
    });

    /// <summary>The result that an earlier process of this agent has recorded.</summary>
    public static StepResult ResultOf(StepEnded ended, IEnumerable<StepFact> facts) => new()
    {
        Status = ended.Status,
        ExitCode = ended.HasExitCode ? ended.ExitCode : null,
        Reason = ended.Reason,
        Error = ended.Error,
        Class = ended.FailureClass,
        Tests = facts.LastOrDefault(fact => fact.Step == ended.Step && fact.Kind == Tests) is { } tests ? Recall(tests) : null,
    };

    private static TestVerdict Recall(StepFact fact) => new(
        Enum.Parse<Verdict>(fact.Values["verdict"]), fact.Values["reason"], TestSummary.Parser.ParseFrom(ByteString.FromBase64(fact.Values["summary"])));
}
