using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads cases.</summary>
internal static class CaseReader
{
    private const int LongestTimeout = 3_600_000;
    private const int LongestScript = 256 * 1024;

    public static ApiCase Read(DocumentNode node)
    {
        _ = node.Only("name", "description", "tags", "request", "command", "pytest", "before", "after", "extract", "assert", "uses", "state", "owner", "folder");
        string name = node.Require("name").Name();
        int kinds = (node.Has("request") ? 1 : 0) + (node.Has("command") ? 1 : 0) + (node.Has("pytest") ? 1 : 0);
        if (kinds != 1)
        {
            throw node.Wrong("must have exactly one of request, command and pytest");
        }

        return new()
        {
            Name = name,
            Description = node.Get("description")?.Text() ?? "",
            Tags = [.. node.Get("tags")?.Items().Select(t => t.Name()) ?? []],
            Uses = [.. node.Get("uses")?.Items().Select(t => t.Name()) ?? []],
            Kind = node.Has("request") ? CaseKind.Http : node.Has("command") ? CaseKind.Command : CaseKind.Pytest,
            Http = node.Get("request") is { } request ? HttpCallReader.Read(request) : null,
            Command = node.Get("command") is { } command ? Command(command) : node.Get("pytest") is { } pytest ? Pytest(pytest) : null,
            Before = Actions(node.Get("before")),
            After = Actions(node.Get("after")),
            Extract = [.. node.Get("extract")?.Items().Select(ExtractionReader.Read) ?? []],
            Checks = [.. node.Get("assert")?.Items().Select(CheckReader.Read) ?? []],
        };
    }

    /// <summary>An expression; an error names the place.</summary>
    public static Expression Formula(DocumentNode node)
    {
        try
        {
            return Expression.Parse(node.Text());
        }
        catch (ExpressionException wrong)
        {
            throw node.Wrong(wrong.Message);
        }
    }

    private static CommandCall Command(DocumentNode node)
    {
        if (node.IsArray)
        {
            return new(Arguments(node), [], null, TimeSpan.FromSeconds(60));
        }

        _ = node.Only("run", "env", "dir", "timeout_ms");
        return new(Arguments(node.Require("run")), Environment(node.Get("env")), node.Get("dir")?.Template(), Timeout(node, 60_000));
    }

    private static CommandCall Pytest(DocumentNode node)
    {
        _ = node.Only("nodes", "python", "env", "dir", "timeout_ms", "arguments");
        List<Template> nodes = Arguments(node.Require("nodes"));
        Template python = node.Get("python")?.Template() ?? Template.Parse("/usr/bin/python3", node.Place);
        Template[] fixedPart = [python, .. ((string[])["-m", "pytest", "-q"]).Select(a => Template.Parse(a, node.Place))];
        return new([.. fixedPart, .. node.Has("arguments") ? Arguments(node.Require("arguments")) : [], .. nodes], Environment(node.Get("env")), node.Get("dir")?.Template(), Timeout(node, 600_000));
    }

    private static List<Template> Arguments(DocumentNode list)
    {
        List<Template> arguments = [.. list.Items().Select(a => a.Template())];
        return arguments.Count is > 0 and <= 1000 ? arguments : throw list.Wrong("must have 1 to 1000 entries");
    }

    private static List<(string Name, Template Value)> Environment(DocumentNode? node) =>
        [.. node?.Entries().Select(e => (e.Name, e.Node.Template())) ?? []];

    private static TimeSpan Timeout(DocumentNode node, int usual) =>
        TimeSpan.FromMilliseconds(node.Get("timeout_ms")?.Integer(1, LongestTimeout) ?? usual);

    private static string Script(DocumentNode node) =>
        node.Text() is { Length: > 0 and <= LongestScript } text ? text : throw node.Wrong($"must be a script of 1 to {LongestScript} characters");

    private static List<CaseAction> Actions(DocumentNode? list)
    {
        var actions = new List<CaseAction>();
        foreach (DocumentNode node in list?.Items() ?? [])
        {
            _ = node.Only("set", "wait_ms", "call", "script");
            if ((node.Has("set") ? 1 : 0) + (node.Has("wait_ms") ? 1 : 0) + (node.Has("call") ? 1 : 0) + (node.Has("script") ? 1 : 0) != 1)
            {
                throw node.Wrong("must have exactly one of set, wait_ms, call and script");
            }

            actions.Add(new()
            {
                Set = [.. node.Get("set")?.Entries().Select(e => (ApiDocumentReader.VariableName(e.Name, e.Node), Formula(e.Node))) ?? []],
                Wait = TimeSpan.FromMilliseconds(node.Get("wait_ms")?.Integer(0, 600_000) ?? 0),
                Call = node.Get("call")?.Name(),
                Script = node.Get("script") is { } script ? Script(script) : null,
                Place = node.Place,
            });
        }

        return actions;
    }
}
