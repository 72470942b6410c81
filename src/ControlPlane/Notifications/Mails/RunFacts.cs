using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Notifications.Mails;

/// <summary>Everything that is told about the end of a run, or about what its gate decided.</summary>
internal sealed record RunFacts
{
    public required Run Run { get; init; }

    /// <summary>Steps of the newest attempt.</summary>
    public required IReadOnlyList<RunStep> Steps { get; init; }

    /// <summary>Who asked for the newest attempt.</summary>
    public required string Owner { get; init; }

    /// <summary>Labels, user and package of the build; null without one.</summary>
    public required BuildOfRun? Build { get; init; }

    /// <summary>The first tests that did not pass, in order.</summary>
    public required IReadOnlyList<FailedTest> Failed { get; init; }

    /// <summary>How many tests did not pass in all.</summary>
    public required int FailedInAll { get; init; }

    /// <summary>The item's run before that came to a verdict about its tests or its deployment; null for none.</summary>
    public required PreviousRun? Previous { get; init; }

    /// <summary>Failing tests that passed, or were not there, in the run before.</summary>
    public required int NewlyFailing { get; init; }

    /// <summary>Tests that failed in the run before and pass now.</summary>
    public required int Mended { get; init; }

    /// <summary>The end of the failed step's log; empty for none.</summary>
    public required string LogEnd { get; init; }

    /// <summary>How the host was left, in words of the agent; empty when it said nothing.</summary>
    public required string HostState { get; init; }

    /// <summary>The step that failed; null for none.</summary>
    public RunStep? FailedStep => Steps.FirstOrDefault(s => s.Status is StepStatus.Failed or StepStatus.Unknown);

    /// <summary>Share of passed tests among those that were run, in percent; null when none was.</summary>
    public double? PassRate => Run.Tests.Total - Run.Tests.Skipped is > 0 and int counted ? 100.0 * Run.Tests.Passed / counted : null;

    /// <summary>From acceptance to the end of the newest attempt.</summary>
    public TimeSpan? Duration => Run.FinishedAt - Run.StartedAt;

    /// <summary>Where the gate of the newest attempt stands; null where it has none.</summary>
    public RunGate? Gate { get; init; }

    /// <summary>How the item's gate before was decided; null for none.</summary>
    public GateState? PreviousGate { get; init; }

    /// <summary>True when it is told because the gate was decided, false when because the run ended.</summary>
    public bool OfGate { get; init; }

    /// <summary>The name of what happened, for programs.</summary>
    public string Event => OfGate ? "gate.decided" : "run.ended";

    /// <summary>What happened, for the list of deliveries.</summary>
    public string Happened => OfGate ? $"gate of run {Run.Id} decided" : $"run {Run.Id} ended";

    /// <summary>True when all went well with what it tells of.</summary>
    public bool IsGood => OfGate ? Gate?.State is GateState.Passed : Run.Verdict is Verdict.Passed;

    /// <summary>
    /// True when the verdict is another than that of the run before, or there is none before; of a gate: when it was decided otherwise than the
    /// item's gate before, or anew.
    /// </summary>
    public bool IsChange => OfGate ? Gate is not { Decisions: 1 } || PreviousGate != Gate.State : Previous is null || Previous.Verdict != Run.Verdict;
}

/// <summary>The build a run tested.</summary>
internal sealed record BuildOfRun(string JobName, string BuildNumber, string BuildUser, string PackagePath, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>A label that CI sent, or empty.</summary>
    public string Label(string name) => Labels.TryGetValue(name, out string? value) ? value : "";
}

/// <summary>A test that did not pass.</summary>
/// <param name="Id">pytest's node id.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Message">First lines of what went wrong.</param>
/// <param name="IsNew">True when it did not fail in the run before.</param>
internal sealed record FailedTest(string Id, TestOutcome Outcome, string Message, bool IsNew);

/// <summary>The run before.</summary>
internal sealed record PreviousRun(long Id, Verdict Verdict);
