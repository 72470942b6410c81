using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orbit.ApiTesting.JsonPath;

/// <summary>A node that a query found.</summary>
public readonly struct JsonPathNode
{
    private readonly Link? _link;

    internal JsonPathNode(JsonElement json, Link? link) => (Json, _link) = (json, link);

    /// <summary>The node.</summary>
    public JsonElement Json { get; }

    /// <summary>Its normalized path, e.g. <c>$['items'][0]</c>.</summary>
    public string Path
    {
        get
        {
            var steps = new Stack<Link>();
            for (Link? at = _link; at is not null; at = at.Parent)
            {
                steps.Push(at);
            }

            var path = new StringBuilder("$");
            foreach (Link step in steps)
            {
                _ = step.Name is { } name ? path.Append("['").Append(Escape(name)).Append("']") : path.Append('[').Append(step.Index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }

            return path.ToString();
        }
    }

    internal JsonPathNode Member(JsonElement json, string name) => new(json, new(_link, name, 0));

    internal JsonPathNode Element(JsonElement json, int index) => new(json, new(_link, null, index));

    private static string Escape(string name)
    {
        var escaped = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            _ = c switch
            {
                '\'' => escaped.Append("\\'"),
                '\\' => escaped.Append("\\\\"),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                < ' ' => escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    internal sealed record Link(Link? Parent, string? Name, int Index);
}
