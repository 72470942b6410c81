using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Running;

/// <summary>What is run for each row, and with what.</summary>
public sealed record RunPlan
{
    /// <summary>The document.</summary>
    public required ApiDocument Document { get; init; }

    /// <summary>The scenario.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>The environment; null for none.</summary>
    public ApiEnvironment? Environment { get; init; }

    /// <summary>Variables from the command line, above the environment's.</summary>
    public IReadOnlyDictionary<string, Value> Given { get; init; } = new Dictionary<string, Value>();

    /// <summary>Of all chance; recorded.</summary>
    public int Seed { get; init; }

    /// <summary>Opens files that bodies name; null: none may be named.</summary>
    public Func<string, byte[]>? Files { get; init; }

    /// <summary>Runs programs; null: command cases fail and say so.</summary>
    public ICommandRunner? Commands { get; init; }

    /// <summary>The program that runs scripts of Postman; null: they fail and say so.</summary>
    public string? ScriptProgram { get; init; }

    /// <summary>Chooses what a document runs when nothing is named: <c>run</c>, the only scenario, or all cases in their order.</summary>
    /// <exception cref="DocumentException">The name is unknown.</exception>
    public static Scenario Choose(ApiDocument document, string? named)
    {
        string name = named ?? document.Run;
        if (name.Length > 0)
        {
            return document.Scenarios.TryGetValue(name, out Scenario? scenario) ? scenario
                : document.Cases.TryGetValue(name, out ApiCase? one) ? new() { Name = name, Steps = [new() { Name = name, Case = one }] }
                : throw new DocumentException("run", $"there is neither a scenario nor a case '{name}'");
        }

        return document.Scenarios.Count == 1
            ? document.Scenarios.Values.First()
            : new() { Name = document.Name, Steps = [.. document.Cases.Values.Select(c => new ScenarioStep { Name = c.Name, Case = c, OnFailure = OnFailure.Continue })] };
    }

    internal VariableScope ScopeOf(DatasetRow row, TimeProvider time)
    {
        var masked = new Secrets();
        var secrets = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach ((string name, string value) in Environment?.Secrets ?? new Dictionary<string, string>())
        {
            masked.Add(value);
            secrets[name] = Value.Of(value);
        }

        foreach ((string name, Value value) in row.Values)
        {
            if (Secrets.Suggests(name))
            {
                masked.Add(value.ToString());
            }
        }

        return new(Seed, row.Number, time, row.Values, Scenario.Variables, Given, secrets, Environment?.Variables ?? new Dictionary<string, Value>(), Document.Variables) { Masked = masked };
    }
}
