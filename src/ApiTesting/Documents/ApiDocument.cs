using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>A file of API tests, compiled: cases, scenarios, environments and datasets.</summary>
public sealed record ApiDocument
{
    /// <summary>Name of the whole.</summary>
    public string Name { get; init; } = "api tests";

    /// <summary>Variables of lowest precedence.</summary>
    public IReadOnlyDictionary<string, Value> Variables { get; init; } = new Dictionary<string, Value>();

    /// <summary>Cases by name.</summary>
    public IReadOnlyDictionary<string, ApiCase> Cases { get; init; } = new Dictionary<string, ApiCase>();

    /// <summary>Scenarios by name.</summary>
    public IReadOnlyDictionary<string, Scenario> Scenarios { get; init; } = new Dictionary<string, Scenario>();

    /// <summary>Environments by name.</summary>
    public IReadOnlyDictionary<string, ApiEnvironment> Environments { get; init; } = new Dictionary<string, ApiEnvironment>();

    /// <summary>Datasets by name.</summary>
    public IReadOnlyDictionary<string, Dataset> Datasets { get; init; } = new Dictionary<string, Dataset>();

    /// <summary>Scenario to run when none is named; empty: the only one, or all cases in their order.</summary>
    public string Run { get; init; } = "";
}

/// <summary>Named variables of one target.</summary>
public sealed record ApiEnvironment(string Name, IReadOnlyDictionary<string, Value> Variables, IReadOnlyDictionary<string, string> Secrets);

/// <summary>Rows for a scenario, in the document or in a file beside it.</summary>
public sealed record Dataset(string Name, string? File, IReadOnlyDictionary<string, string> Types, IReadOnlyList<DatasetRow> Rows);

/// <summary>One row.</summary>
/// <param name="Number">From 0, as in the source.</param>
/// <param name="Values">By column.</param>
/// <param name="Name">What people call it; empty: its number.</param>
/// <param name="Enabled">False: it is left out.</param>
/// <param name="Expect">Checks for this row alone, after the last step.</param>
public sealed record DatasetRow(long Number, IReadOnlyDictionary<string, Value> Values, string Name = "", bool Enabled = true, IReadOnlyList<Check>? Expect = null)
{
    /// <summary>The checks as written, a JSON array; empty for none.</summary>
    public string ExpectText { get; init; } = "";
}

/// <summary>What a case does.</summary>
public enum CaseKind
{
    /// <summary>Sends an HTTP request.</summary>
    Http,

    /// <summary>Runs a program.</summary>
    Command,

    /// <summary>Runs pytest node ids.</summary>
    Pytest,
}

/// <summary>One thing to do and what must come of it.</summary>
public sealed record ApiCase
{
    /// <summary>Name, unique in the document.</summary>
    public required string Name { get; init; }

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>For choosing.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Resource pools of which it needs a place each while it runs: a browser, an account, a device.</summary>
    public IReadOnlyList<string> Uses { get; init; } = [];

    /// <summary>What it does.</summary>
    public CaseKind Kind { get; init; }

    /// <summary>The request of an HTTP case.</summary>
    public HttpCall? Http { get; init; }

    /// <summary>The program of a command or pytest case.</summary>
    public CommandCall? Command { get; init; }

    /// <summary>Actions before it.</summary>
    public IReadOnlyList<CaseAction> Before { get; init; } = [];

    /// <summary>Actions after it, before the checks' verdict is used.</summary>
    public IReadOnlyList<CaseAction> After { get; init; } = [];

    /// <summary>Values to keep.</summary>
    public IReadOnlyList<Extraction> Extract { get; init; } = [];

    /// <summary>What must hold.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];
}

/// <summary>A program to run; its exit code, its output and the JSON it prints are what checks see.</summary>
public sealed record CommandCall(
    IReadOnlyList<Template> Arguments, IReadOnlyList<(string Name, Template Value)> Environment, Template? Directory, TimeSpan Timeout);

/// <summary>Something to do before or after a case. Exactly one is set.</summary>
public sealed record CaseAction
{
    /// <summary>Variables to set, in order.</summary>
    public IReadOnlyList<(string Name, Expression Value)> Set { get; init; } = [];

    /// <summary>Time to wait.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Case to call.</summary>
    public string? Call { get; init; }

    /// <summary>A script of Postman's to run.</summary>
    public string? Script { get; init; }

    /// <summary>Where in the document.</summary>
    public string Place { get; init; } = "";
}
