using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads scenarios and resolves what they name; a scenario that holds itself is refused with the circle.</summary>
internal sealed class ScenarioReader
{
    private const int DeepestNesting = 16;
    private static readonly string[] RetryClasses = ["connect", "timeout", "status", "assertion", "extraction", "any"];
    private readonly IReadOnlyDictionary<string, ApiCase> _cases;
    private readonly Dictionary<string, DocumentNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Scenario> _done = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];

    private ScenarioReader(IReadOnlyDictionary<string, ApiCase> cases) => _cases = cases;

    public static Dictionary<string, Scenario> ReadAll(DocumentNode? list, IReadOnlyDictionary<string, ApiCase> cases)
    {
        var reader = new ScenarioReader(cases);
        foreach (DocumentNode node in list?.Items() ?? [])
        {
            string name = node.Require("name").Name();
            if (!reader._nodes.TryAdd(name, node))
            {
                throw node.Wrong($"the name '{name}' is there twice");
            }
        }

        foreach (string name in reader._nodes.Keys)
        {
            _ = reader.Resolve(name, reader._nodes[name]);
        }

        return reader._done;
    }

    private Scenario Resolve(string name, DocumentNode at)
    {
        if (_done.TryGetValue(name, out Scenario? known))
        {
            return known;
        }

        if (_open.Contains(name))
        {
            throw at.Wrong($"the scenario holds itself: {string.Join(" → ", [.. _open, name])}");
        }

        if (_open.Count >= DeepestNesting)
        {
            throw at.Wrong($"scenarios may be nested {DeepestNesting} deep");
        }

        _open.Add(name);
        DocumentNode node = _nodes[name].Only("name", "description", "variables", "dataset", "setup", "steps", "teardown", "folder", "tags");
        var scenario = new Scenario
        {
            Name = name,
            Variables = ApiDocumentReader.Variables(node.Get("variables")),
            Dataset = node.Get("dataset")?.Name() ?? "",
            Setup = Steps(node.Get("setup")),
            Steps = Steps(node.Require("steps")),
            Teardown = Steps(node.Get("teardown")),
        };
        _open.RemoveAt(_open.Count - 1);
        return _done[name] = scenario;
    }

    private List<ScenarioStep> Steps(DocumentNode? list)
    {
        var steps = new List<ScenarioStep>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (DocumentNode node in list?.Items() ?? [])
        {
            ScenarioStep step = Step(node);
            if (!names.Add(step.Name))
            {
                throw node.Wrong($"the step '{step.Name}' is there twice; give one a name");
            }

            foreach (string need in step.Needs.Where(n => n == step.Name || !names.Contains(n)))
            {
                throw node.Wrong($"needs '{need}', which is no step before it");
            }

            steps.Add(step);
        }

        return steps.Count <= 1000 ? steps : throw list!.Value.Wrong("at most 1000 steps are allowed");
    }

    private ScenarioStep Step(DocumentNode node)
    {
        if (node.IsText)
        {
            string plain = node.Name();
            return new() { Name = plain, Case = Case(plain, node), Place = node.Place };
        }

        _ = node.Only("name", "case", "scenario", "enabled", "when", "needs", "on_failure", "retry", "loop", "with");
        if (node.Has("case") == node.Has("scenario"))
        {
            throw node.Wrong("must have either case or scenario");
        }

        DocumentNode target = node.Get("case") ?? node.Require("scenario");
        string of = target.Name();
        if (node.Has("scenario") && !_nodes.ContainsKey(of))
        {
            throw target.Wrong($"there is no scenario '{of}'");
        }

        return new()
        {
            Name = node.Get("name")?.Name() ?? of,
            Case = node.Has("case") ? Case(of, target) : null,
            Nested = node.Has("scenario") ? Resolve(of, target) : null,
            Enabled = node.Get("enabled")?.Boolean() ?? true,
            When = node.Get("when") is { } when ? CaseReader.Formula(when) : null,
            Needs = [.. node.Get("needs")?.Items().Select(n => n.Name()) ?? []],
            OnFailure = node.Get("on_failure")?.OneOf("stop", "continue") == "continue" ? OnFailure.Continue : OnFailure.Stop,
            Retry = node.Get("retry") is { } retry ? Retrying(retry) : Retry.None,
            Loop = node.Get("loop") is { } loop ? Looping(loop) : null,
            With = [.. node.Get("with")?.Entries().Select(e => (ApiDocumentReader.VariableName(e.Name, e.Node), e.Node.IsText ? e.Node.Template() : Template.ParseJson(e.Node.Json, e.Node.Place))) ?? []],
            Place = node.Place,
        };
    }

    private ApiCase Case(string name, DocumentNode at) => _cases.TryGetValue(name, out ApiCase? found) ? found : throw at.Wrong($"there is no case '{name}'");

    private static Retry Retrying(DocumentNode node)
    {
        _ = node.Only("times", "delay_ms", "backoff", "on");
        HashSet<string> on = [.. node.Get("on")?.Items().Select(o => o.OneOf(RetryClasses)) ?? ["connect", "timeout", "status"]];
        double backoff = node.Get("backoff") is { } factor && factor.Json.ValueKind is System.Text.Json.JsonValueKind.Number ? factor.Json.GetDouble() : 2;
        return backoff is >= 1 and <= 10
            ? new((int)node.Require("times").Integer(0, 20), TimeSpan.FromMilliseconds(node.Get("delay_ms")?.Integer(0, 60_000) ?? 200), backoff, on)
            : throw node.Require("backoff").Wrong("must be a number from 1 to 10");
    }

    private static Loop Looping(DocumentNode node)
    {
        _ = node.Only("times", "while", "over", "as", "max");
        if ((node.Has("times") ? 1 : 0) + (node.Has("while") ? 1 : 0) + (node.Has("over") ? 1 : 0) != 1)
        {
            throw node.Wrong("must have exactly one of times, while and over");
        }

        return new(
            node.Get("times") is { } times ? (int)times.Integer(0, 10_000) : null,
            node.Get("while") is { } condition ? CaseReader.Formula(condition) : null,
            node.Get("over") is { } list ? CaseReader.Formula(list) : null,
            node.Get("as") is { } name ? ApiDocumentReader.VariableName(name.Name(), name) : "item",
            (int)(node.Get("max")?.Integer(1, 10_000) ?? 100));
    }
}
