using System.CommandLine;
using System.Globalization;
using System.Net;
using Orbit.ApiTesting.Values;
using Orbit.Cli.Commands;

namespace Orbit.Cli.ApiTests;

/// <summary>What a local run was asked for.</summary>
internal sealed record LocalRunWish
{
    public required string File { get; init; }
    public string? Name { get; init; }
    public string? Environment { get; init; }
    public string? Data { get; init; }
    public string? JUnit { get; init; }
    public string? Record { get; init; }
    public int Concurrency { get; init; }

    /// <summary>Places of resource pools, by name.</summary>
    public IReadOnlyDictionary<string, int> Pools { get; init; } = new Dictionary<string, int>();
    public int Seed { get; init; }
    public double Rate { get; init; }
    public bool Commands { get; init; }
    public string ScriptProgram { get; init; } = "";
    public IReadOnlyList<IPNetwork> Forbidden { get; init; } = [];
    public IReadOnlyDictionary<string, Value> Variables { get; init; } = new Dictionary<string, Value>();
}

/// <summary>The options of <c>api run</c>.</summary>
internal sealed class LocalRunOptions
{
    private readonly Option<string> _run = Inputs.Text("--run", "Scenario or case to run (the document's `run`, its only scenario, or all cases).", "NAME");
    private readonly Option<string> _environment = Inputs.Text("--env", "Environment of the document.", "NAME");
    private readonly Option<string> _data = Inputs.Text("--data", "Rows: .csv, .json or .jsonl (the scenario's dataset, or one run without values).", "FILE");
    private readonly Option<string> _junit = Inputs.Text("--junit", "Write JUnit XML.", "FILE");
    private readonly Option<string> _record = Inputs.Text("--record", "Write every request and answer, one row a line of JSON; secrets masked.", "FILE");
    private readonly Option<long?> _concurrency = Inputs.Number("--concurrency", "Rows at a time (5).", "N", 1, 1000);
    private readonly Option<string[]> _pool = new("--pool") { Description = "Places of a resource pool that cases use (1).", HelpName = "NAME=N" };
    private readonly Option<long?> _seed = Inputs.Number("--seed", "Of all random values (chosen, and written down).", "N", 0, int.MaxValue);
    private readonly Option<long?> _rate = Inputs.Number("--rate", "Requests a second to one host at most (no limit).", "N", 1, 1_000_000);
    private readonly Option<string[]> _set = new("--set") { Description = "A variable above the environment's.", HelpName = "NAME=VALUE", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _forbid = new("--forbid") { Description = "An address range that no request may go to, e.g. 169.254.0.0/16.", HelpName = "CIDR" };
    private readonly Option<bool> _commands = new("--allow-commands") { Description = "Let cases of kind command and pytest, and scripts of Postman, run programs on this machine." };

    private readonly Option<string> _script = Inputs.Text("--postman-script", "With --allow-commands: the program that runs scripts of Postman (orbit-postman-script).", "PROGRAM");

    public IEnumerable<Option> All => [_run, _environment, _data, _set, _concurrency, _pool, _junit, _record, _seed, _rate, _forbid, _commands, _script];

    public LocalRunWish Read(CommandContext context, string file) => new()
    {
        File = file,
        Name = context.Get(_run),
        Environment = context.Get(_environment),
        Data = context.Get(_data),
        JUnit = context.Get(_junit),
        Record = context.Get(_record),
        Concurrency = (int)(context.Get(_concurrency) ?? 5),
        Pools = (context.Get(_pool) ?? []).Select(Pool).DistinctBy(p => p.Key).ToDictionary(),
        Seed = (int)(context.Get(_seed) ?? Random.Shared.Next()),
        Rate = context.Get(_rate) ?? 0,
        Commands = context.Get(_commands),
        ScriptProgram = context.Get(_script) ?? "orbit-postman-script",
        Forbidden = [.. (context.Get(_forbid) ?? []).Select(Network)],
        Variables = (context.Get(_set) ?? []).Select(Pair).ToDictionary(p => p.Key, p => Value.Of(p.Value)),
    };

    private static IPNetwork Network(string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) ? network : throw new UsageException($"--forbid {text}: no address range such as 10.0.0.0/8");

    private static KeyValuePair<string, int> Pool(string text)
    {
        int at = text.LastIndexOf('=');
        return at > 0 && int.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int places) && places > 0
            ? new(text[..at], places)
            : throw new UsageException($"--pool {text}: write NAME=N, of 1 place or more");
    }

    private static KeyValuePair<string, string> Pair(string text)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new(text[..at], text[(at + 1)..]) : throw new UsageException($"--set {text}: write NAME=VALUE");
    }
}
