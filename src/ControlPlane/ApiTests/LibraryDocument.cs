using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Puts stored items together to one document.</summary>
internal static class LibraryDocument
{
    /// <summary>An item as a member of a document: its spec with the name first.</summary>
    public static JsonObject Named(string name, string spec)
    {
        var named = new JsonObject { ["name"] = name };
        foreach ((string key, JsonNode? value) in JsonNode.Parse(spec, documentOptions: new JsonDocumentOptions { MaxDepth = 128 })!.AsObject())
        {
            if (key != "name")
            {
                named[key] = value?.DeepClone();
            }
        }

        return named;
    }

    /// <summary>Names of the cases and scenarios that a spec uses.</summary>
    public static IEnumerable<(ApiItemKind Kind, string Name)> Uses(JsonObject spec)
    {
        foreach (JsonNode? step in Lists(spec, "setup", "steps", "teardown"))
        {
            switch (step)
            {
                case JsonValue plain when plain.TryGetValue(out string? name):
                    yield return (ApiItemKind.Case, name);
                    break;
                case JsonObject full when Text(full["case"]) is { } of:
                    yield return (ApiItemKind.Case, of);
                    break;
                case JsonObject full when Text(full["scenario"]) is { } nested:
                    yield return (ApiItemKind.Scenario, nested);
                    break;
                default:
                    break; // the reader of documents says what is wrong with it
            }
        }

        foreach (JsonNode? action in Lists(spec, "before", "after"))
        {
            if (action is JsonObject full && Text(full["call"]) is { } called)
            {
                yield return (ApiItemKind.Case, called);
            }
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static IEnumerable<JsonNode?> Lists(JsonObject spec, params string[] names) =>
        names.SelectMany(n => spec[n] as JsonArray ?? []);
}
