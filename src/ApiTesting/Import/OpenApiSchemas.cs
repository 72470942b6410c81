using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Import;

/// <summary>The schemas of an OpenAPI description: references, examples, schemas that stand alone. Circles end.</summary>
internal sealed class OpenApiSchemas(JsonElement root)
{
    private const int Deepest = 12;

    /// <summary>What a reference leads to; the element itself when it is none.</summary>
    /// <exception cref="DocumentException">It leads nowhere, or in a circle.</exception>
    public JsonElement Follow(JsonElement element, string place)
    {
        for (int hops = 0; element.ValueKind is JsonValueKind.Object && element.TryGetProperty("$ref", out JsonElement reference); hops++)
        {
            string to = reference.ToString();
            if (hops > 20)
            {
                throw new DocumentException(place, $"'{to}' leads in a circle");
            }

            element = Resolve(to) ?? throw new DocumentException(place, $"'{to}' leads nowhere in this description; only references inside it are followed");
        }

        return element;
    }

    /// <summary>A value that fits a schema: its example, default or first word, else one made from its type.</summary>
    public JsonNode? Example(JsonElement schema, int depth)
    {
        schema = Follow(schema, "schema");
        if (depth > Deepest || schema.ValueKind is not JsonValueKind.Object)
        {
            return null;
        }

        foreach (string own in (ReadOnlySpan<string>)["example", "default", "const"])
        {
            if (schema.TryGetProperty(own, out JsonElement given))
            {
                return DocumentBuilder.Node(given);
            }
        }

        if (First(schema, "examples") is { } example)
        {
            return DocumentBuilder.Node(example);
        }

        if (First(schema, "enum") is { } word)
        {
            return DocumentBuilder.Node(word);
        }

        if (schema.TryGetProperty("allOf", out JsonElement all) && all.ValueKind is JsonValueKind.Array)
        {
            return Merged(all, depth);
        }

        return First(schema, "oneOf") is { } one ? Example(one, depth + 1) : First(schema, "anyOf") is { } any ? Example(any, depth + 1) : Made(schema, depth);
    }

    /// <summary>A schema with everything that it refers to beside it, so that it stands alone.</summary>
    public JsonNode? Closed(JsonElement schema)
    {
        var definitions = new JsonObject();
        JsonNode? closed = Copy(schema, definitions, 0);
        if (definitions.Count > 0 && closed is JsonObject map)
        {
            map["$defs"] = definitions;
        }

        return closed;
    }

    private JsonNode? Copy(JsonElement element, JsonObject definitions, int depth)
    {
        if (depth > JsonText.DeepestNesting)
        {
            return true;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.TryGetProperty("$ref", out JsonElement reference):
                return Reference(reference.ToString(), definitions, depth);
            case JsonValueKind.Object:
                var map = new JsonObject();
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    map[JsonText.NameOf(member)] = JsonText.NameOf(member) is "example" or "examples" or "default" or "enum" ? DocumentBuilder.Node(member.Value) : Copy(member.Value, definitions, depth + 1);
                }

                return map;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(e => Copy(e, definitions, depth + 1))]);
            default:
                return DocumentBuilder.Node(element);
        }
    }

    private JsonObject Reference(string to, JsonObject definitions, int depth)
    {
        string name = to[(to.LastIndexOf('/') + 1)..];
        if (!definitions.ContainsKey(name) && Resolve(to) is { } target)
        {
            definitions[name] = true; // a circle finds it here
            definitions[name] = Copy(target, definitions, depth + 1);
        }

        return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
    }

    private JsonObject Merged(JsonElement all, int depth)
    {
        var merged = new JsonObject();
        foreach (JsonElement part in all.EnumerateArray())
        {
            foreach ((string key, JsonNode? value) in Example(part, depth + 1) as JsonObject ?? [])
            {
                merged[key] = value?.DeepClone();
            }
        }

        return merged;
    }

    private JsonNode? Made(JsonElement schema, int depth)
    {
        string type = schema.TryGetProperty("type", out JsonElement named) ? named.ValueKind is JsonValueKind.Array && named.GetArrayLength() > 0 ? named[0].ToString() : named.ToString() : schema.TryGetProperty("properties", out _) ? "object" : "";
        switch (type)
        {
            case "object":
                var made = new JsonObject();
                foreach (JsonProperty member in schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind is JsonValueKind.Object ? properties.EnumerateObject() : default)
                {
                    made[JsonText.NameOf(member)] = Example(member.Value, depth + 1);
                }

                return made;
            case "array":
                return schema.TryGetProperty("items", out JsonElement items) && Example(items, depth + 1) is { } item ? new JsonArray(item) : new JsonArray();
            case "integer" or "number":
                return schema.TryGetProperty("minimum", out JsonElement least) ? DocumentBuilder.Node(least) : 1;
            case "boolean":
                return true;
            case "string":
                return Text(schema.TryGetProperty("format", out JsonElement format) ? format.ToString() : "");
            default:
                return null;
        }
    }

    private static string Text(string format) => format switch
    {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "uuid" => "{{$uuid}}",
        "email" => "someone@example.com",
        "uri" => "https://example.com/",
        "binary" or "byte" => "ZXhhbXBsZQ==",
        _ => "example",
    };

    private JsonElement? Resolve(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return null;
        }

        JsonElement at = root;
        foreach (string step in reference[2..].Split('/'))
        {
            string name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }

    private static JsonElement? First(JsonElement schema, string list) =>
        schema.TryGetProperty(list, out JsonElement all) && all.ValueKind is JsonValueKind.Array && all.GetArrayLength() > 0 ? all[0] : null;
}
