using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads and compiles documents. docs/api-tests.md describes the format.</summary>
public static class ApiDocumentReader
{
    private const int MostNamed = 20_000;

    /// <summary>Reads YAML or JSON.</summary>
    /// <exception cref="DocumentException">It is wrong; names the place.</exception>
    public static ApiDocument Read(string text) => Read(YamlText.Parse(text));

    /// <summary>Reads JSON that was parsed before.</summary>
    /// <exception cref="DocumentException">It is wrong; names the place.</exception>
    public static ApiDocument Read(JsonElement json)
    {
        DocumentNode root = new DocumentNode(json, "").Only("orbit", "name", "description", "variables", "environments", "cases", "scenarios", "datasets", "run");
        if (root.Get("orbit") is { } version)
        {
            _ = version.Integer(1, 1);
        }

        Dictionary<string, ApiCase> cases = Named(root.Get("cases"), CaseReader.Read, c => c.Name);
        CheckCalls(cases);
        Dictionary<string, Scenario> scenarios = ScenarioReader.ReadAll(root.Get("scenarios"), cases);
        string run = root.Get("run")?.Text() ?? "";
        if (run.Length > 0 && !scenarios.ContainsKey(run) && !cases.ContainsKey(run))
        {
            throw new DocumentException("run", $"there is neither a scenario nor a case '{run}'");
        }

        Dictionary<string, Dataset> datasets = Named(root.Get("datasets"), DatasetReader.Read, d => d.Name);
        foreach (Scenario scenario in scenarios.Values.Where(s => s.Dataset.Length > 0 && !datasets.ContainsKey(s.Dataset)))
        {
            throw new DocumentException($"scenarios.{scenario.Name}.dataset", $"there is no dataset '{scenario.Dataset}'");
        }

        return new()
        {
            Name = root.Get("name")?.Name() ?? "api tests",
            Variables = Variables(root.Get("variables")),
            Environments = Named(root.Get("environments"), Environment, e => e.Name),
            Cases = cases,
            Scenarios = scenarios,
            Datasets = datasets,
            Run = run,
        };
    }

    /// <summary>Reads one case by itself.</summary>
    /// <exception cref="DocumentException">It is wrong; names the place.</exception>
    public static ApiCase ReadCase(JsonElement json, string place = "") => CaseReader.Read(new(json, place));

    /// <summary>Text of YAML or JSON as JSON.</summary>
    /// <exception cref="DocumentException">It is neither.</exception>
    public static JsonElement ToJson(string text) => YamlText.Parse(text);

    internal static Dictionary<string, Value> Variables(DocumentNode? node)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach ((string name, DocumentNode value) in node?.Entries() ?? [])
        {
            variables[VariableName(name, value)] = Value.Of(value.Json);
        }

        return variables;
    }

    internal static string VariableName(string name, DocumentNode at) =>
        name.Length is > 0 and <= 200 && name[0] != '$' && name.AsSpan().IndexOfAny("{}\"\n") < 0 && name.Trim() == name
            ? name
            : throw at.Wrong($"'{name}' is no name for a variable");

    internal static Dictionary<string, T> Named<T>(DocumentNode? list, Func<DocumentNode, T> read, Func<T, string> name)
    {
        var named = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (DocumentNode node in list?.Items() ?? [])
        {
            T one = read(node);
            if (!named.TryAdd(name(one), one))
            {
                throw node.Wrong($"the name '{name(one)}' is there twice");
            }

            if (named.Count > MostNamed)
            {
                throw node.Wrong($"at most {MostNamed} are allowed");
            }
        }

        return named;
    }

    private static ApiEnvironment Environment(DocumentNode node)
    {
        _ = node.Only("name", "variables", "secrets");
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, DocumentNode value) in node.Get("secrets")?.Entries() ?? [])
        {
            secrets[VariableName(name, value)] = value.Text();
        }

        return new(node.Require("name").Name(), Variables(node.Get("variables")), secrets);
    }

    private static void CheckCalls(Dictionary<string, ApiCase> cases)
    {
        foreach (ApiCase one in cases.Values)
        {
            foreach (CaseAction action in one.Before.Concat(one.After).Where(a => a.Call is not null))
            {
                if (!cases.TryGetValue(action.Call!, out ApiCase? called))
                {
                    throw new DocumentException(action.Place, $"there is no case '{action.Call}'");
                }

                if (called.Before.Concat(called.After).Any(a => a.Call is not null))
                {
                    throw new DocumentException(action.Place, $"the case '{action.Call}' calls another case itself; calls go one level deep");
                }
            }
        }
    }
}
