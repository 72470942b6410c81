using System.Text;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Writes documents as YAML that people like to read in a diff.</summary>
public static class YamlWriter
{
    /// <summary>The text.</summary>
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Node(text, node, 0, inline: false);
        return text.ToString();
    }

    private static void Node(StringBuilder text, JsonNode? node, int depth, bool inline)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                Map(text, map, depth, inline);
                break;
            case JsonArray { Count: > 0 } list:
                List(text, list, depth);
                break;
            default:
                _ = text.Append(Scalar(node)).Append('\n');
                break;
        }
    }

    private static void Map(StringBuilder text, JsonObject map, int depth, bool inline)
    {
        bool first = inline;
        foreach ((string key, JsonNode? value) in map)
        {
            _ = text.Append(' ', first ? 0 : depth * 2).Append(Plain(key) ? key : JsonText.Quote(key)).Append(':');
            first = false;
            if (value is JsonValue scalar && scalar.TryGetValue(out string? several) && IsBlock(several))
            {
                Block(text, several, depth + 1);
                continue;
            }

            _ = text.Append(value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } ? '\n' : ' ');
            Node(text, value, depth + 1, inline: false);
        }
    }

    private static void List(StringBuilder text, JsonArray list, int depth)
    {
        foreach (JsonNode? item in list)
        {
            _ = text.Append(' ', depth * 2).Append('-');
            if (item is JsonArray { Count: > 0 })
            {
                _ = text.Append('\n');
                Node(text, item, depth + 1, inline: false);
            }
            else
            {
                _ = text.Append(' ');
                Node(text, item, depth + 1, inline: true);
            }
        }
    }

    private static void Block(StringBuilder text, string several, int depth)
    {
        _ = text.Append(several.EndsWith('\n') ? " |\n" : " |-\n");
        foreach (string line in several.TrimEnd('\n').Split('\n'))
        {
            _ = line.Length == 0 ? text.Append('\n') : text.Append(' ', depth * 2).Append(line).Append('\n');
        }
    }

    /// <summary>True for several lines that a block can hold as they are.</summary>
    private static bool IsBlock(string text) =>
        text.Contains('\n', StringComparison.Ordinal) && !text.StartsWith(' ') && !text.StartsWith('\n') && !text.EndsWith("\n\n", StringComparison.Ordinal) && !text.Any(c => c != '\n' && char.IsControl(c))
        && text.Split('\n').All(l => l.Length == 0 || !char.IsWhiteSpace(l[^1]));

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.TryGetValue(out string? text) => Plain(text) ? text : JsonText.Quote(text),
        _ => node.ToJsonString(),
    };

    /// <summary>True when no reader takes the text for anything but itself.</summary>
    private static bool Plain(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' or '.' or ' ' or '$') && text[^1] != ' '
        && !(text.ToLowerInvariant() is "true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
}
