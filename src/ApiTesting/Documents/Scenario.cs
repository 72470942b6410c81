using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>Ordered steps with what must happen before and after them.</summary>
public sealed record Scenario
{
    /// <summary>Name, unique in the document.</summary>
    public required string Name { get; init; }

    /// <summary>Variables of the scenario.</summary>
    public IReadOnlyDictionary<string, Value> Variables { get; init; } = new Dictionary<string, Value>();

    /// <summary>Dataset to run with when none is named.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>Run first; when one fails, the steps are skipped.</summary>
    public IReadOnlyList<ScenarioStep> Setup { get; init; } = [];

    /// <summary>The steps.</summary>
    public IReadOnlyList<ScenarioStep> Steps { get; init; } = [];

    /// <summary>Run last, whatever happened, a stop included.</summary>
    public IReadOnlyList<ScenarioStep> Teardown { get; init; } = [];
}

/// <summary>What a failure does to the rest.</summary>
public enum OnFailure
{
    /// <summary>The steps after it are skipped.</summary>
    Stop,

    /// <summary>The steps after it run.</summary>
    Continue,
}

/// <summary>Trying again.</summary>
/// <param name="Times">Further attempts, 0 to 20.</param>
/// <param name="Delay">Before the first further attempt.</param>
/// <param name="Backoff">Each further delay is this many times the one before; 1 to 10.</param>
/// <param name="On">Classes that are worth it: <c>connect</c>, <c>timeout</c>, <c>status</c> (5xx and 429), <c>assertion</c>, <c>extraction</c>, <c>any</c>.</param>
public sealed record Retry(int Times, TimeSpan Delay, double Backoff, IReadOnlySet<string> On)
{
    /// <summary>No further attempt.</summary>
    public static Retry None { get; } = new(0, TimeSpan.Zero, 1, new HashSet<string>());

    /// <summary>True when a failure of that class is worth another attempt.</summary>
    public bool Covers(string failureClass) => On.Contains("any") || On.Contains(failureClass);
}

/// <summary>Doing a step several times, with a bound.</summary>
/// <param name="Times">How often; null: while the condition holds or over the list.</param>
/// <param name="While">Looked at before each turn.</param>
/// <param name="Over">A list; each element is a turn.</param>
/// <param name="Variable">Name that the element (or the turn's number, from 0) has.</param>
/// <param name="Most">Turns at most; more is a failure.</param>
public sealed record Loop(int? Times, Expression? While, Expression? Over, string Variable, int Most);

/// <summary>One step: a case or a nested scenario.</summary>
public sealed record ScenarioStep
{
    /// <summary>Name, unique among its siblings.</summary>
    public required string Name { get; init; }

    /// <summary>The case; null for a nested scenario.</summary>
    public ApiCase? Case { get; init; }

    /// <summary>The nested scenario; null for a case.</summary>
    public Scenario? Nested { get; init; }

    /// <summary>False: it is left out.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Runs only when this holds.</summary>
    public Expression? When { get; init; }

    /// <summary>Steps that must have passed before.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>What a failure does to the rest.</summary>
    public OnFailure OnFailure { get; init; }

    /// <summary>Trying again.</summary>
    public Retry Retry { get; init; } = Retry.None;

    /// <summary>Doing it several times; null: once.</summary>
    public Loop? Loop { get; init; }

    /// <summary>Variables of this step alone, above all others.</summary>
    public IReadOnlyList<(string Name, Template Value)> With { get; init; } = [];

    /// <summary>Where in the document.</summary>
    public string Place { get; init; } = "";
}
