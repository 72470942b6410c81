using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Import;

/// <summary>Puts an imported document together; names are made unique.</summary>
internal sealed class DocumentBuilder(string name)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly JsonArray _cases = [];

    public List<string> NotCovered { get; } = [];

    public List<string> Scripts { get; } = [];

    public JsonObject Variables { get; } = [];

    /// <summary>Adds a case and returns the name it got.</summary>
    public string Add(string wanted, JsonObject request, JsonArray checks, JsonArray extractions, JsonArray before, JsonArray after, IEnumerable<string> tags)
    {
        string unique = Unique(wanted);
        var one = new JsonObject { ["name"] = unique };
        AddWhere(one, "tags", new JsonArray([.. tags.Select(t => (JsonNode)t)]));
        one["request"] = request;
        AddWhere(one, "before", before);
        AddWhere(one, "extract", extractions);
        AddWhere(one, "after", after);
        AddWhere(one, "assert", checks);
        _cases.Add(one);
        return unique;
    }

    public Imported Build(IEnumerable<string>? steps)
    {
        var document = new JsonObject { ["orbit"] = 1, ["name"] = Line(name) };
        if (Variables.Count > 0)
        {
            document["variables"] = Variables;
        }

        document["cases"] = _cases;
        if (steps is not null)
        {
            document["scenarios"] = new JsonArray(new JsonObject
            {
                ["name"] = Line(name),
                ["steps"] = new JsonArray([.. steps.Select(s => (JsonNode)s)]),
            });
        }

        return new(document, NotCovered) { Scripts = Scripts };
    }

    /// <summary>Text as one line of at most 180 characters.</summary>
    public static string Line(string text)
    {
        string line = new([.. text.Trim().Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length == 0 ? "unnamed" : line.Length <= 180 ? line : line[..180];
    }

    /// <summary>A piece of JSON as a node.</summary>
    public static JsonNode? Node(JsonElement json) => JsonNode.Parse(json.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = JsonText.DeepestNesting });

    private string Unique(string wanted)
    {
        string line = Line(wanted);
        string unique = line;
        for (int number = 2; !_names.Add(unique); number++)
        {
            unique = $"{line} {number}";
        }

        return unique;
    }

    private static void AddWhere(JsonObject one, string key, JsonArray list)
    {
        if (list.Count > 0)
        {
            one[key] = list;
        }
    }
}
