using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.Tests.ParameterSets;

/// <summary>As much of JSON Schema 2020-12 as docs/parameters.schema.json uses; a keyword it does not know fails the test.</summary>
internal sealed class JsonSchemaCheck(JsonObject root)
{
    private static readonly string[] Words = ["$schema", "$id", "$defs", "title", "description", "default"];

    /// <summary>Whether a value is valid.</summary>
    public bool IsValid(JsonNode? value) => IsValid(root, value);

    private bool IsValid(JsonNode? schema, JsonNode? value)
    {
        if (schema is JsonValue verdict)
        {
            return verdict.GetValue<bool>();
        }

        var rules = (JsonObject)schema!;
        bool branch = !rules.ContainsKey("if") || !IsValid(rules["if"], value) || IsValid(rules["then"], value);
        return branch && rules.All(rule => Holds(rules, rule.Key, rule.Value!, value));
    }

    private bool Holds(JsonObject rules, string key, JsonNode rule, JsonNode? value) => key switch
    {
        "if" or "then" => true,
        "$ref" => IsValid(root["$defs"]![rule.GetValue<string>()["#/$defs/".Length..]], value),
        "type" => Is(rule.GetValue<string>(), value),
        "enum" => ((JsonArray)rule).Any(one => JsonNode.DeepEquals(one, value)),
        "const" => JsonNode.DeepEquals(rule, value),
        "not" => !IsValid(rule, value),
        "anyOf" => ((JsonArray)rule).Any(one => IsValid(one, value)),
        "allOf" => ((JsonArray)rule).All(one => IsValid(one, value)),
        "oneOf" => ((JsonArray)rule).Count(one => IsValid(one, value)) == 1,
        _ => value switch
        {
            JsonObject one => HoldsOfObject(rules, key, rule, one),
            JsonArray list => HoldsOfList(rules, key, rule, list),
            _ => HoldsOfValue(key, rule, value),
        },
    };

    private bool HoldsOfObject(JsonObject rules, string key, JsonNode rule, JsonObject value) => key switch
    {
        "properties" => ((JsonObject)rule).All(p => !value.ContainsKey(p.Key) || IsValid(p.Value, value[p.Key])),
        "additionalProperties" => value.Where(p => rules["properties"]?[p.Key] is null).All(p => IsValid(rule, p.Value)),
        "propertyNames" => value.All(p => IsValid(rule, JsonValue.Create(p.Key))),
        "required" => ((JsonArray)rule).All(name => value.ContainsKey(name!.GetValue<string>())),
        "dependentRequired" => ((JsonObject)rule).All(d => !value.ContainsKey(d.Key) || ((JsonArray)d.Value!).All(name => value.ContainsKey(name!.GetValue<string>()))),
        "maxProperties" => value.Count <= rule.GetValue<int>(),
        _ => IsKnown(key),
    };

    private bool HoldsOfList(JsonObject rules, string key, JsonNode rule, JsonArray value) => key switch
    {
        "items" => value.Skip((rules["prefixItems"] as JsonArray)?.Count ?? 0).All(item => IsValid(rule, item)),
        "prefixItems" => ((JsonArray)rule).Zip(value).All(pair => IsValid(pair.First, pair.Second)),
        "minItems" => value.Count >= rule.GetValue<int>(),
        "maxItems" => value.Count <= rule.GetValue<int>(),
        _ => IsKnown(key),
    };

    private static bool HoldsOfValue(string key, JsonNode rule, JsonNode? value)
    {
        string? text = value is JsonValue one && one.TryGetValue(out string? found) ? found : null;
        double? number = value is JsonValue other && other.TryGetValue(out double amount) ? amount : null;
        return key switch
        {
            "pattern" => text is null || Regex.IsMatch(text, rule.GetValue<string>(), RegexOptions.ECMAScript),
            "minLength" => text is null || text.Length >= rule.GetValue<int>(),
            "maxLength" => text is null || text.Length <= rule.GetValue<int>(),
            "minimum" => number is null || number >= rule.GetValue<double>(),
            "maximum" => number is null || number <= rule.GetValue<double>(),
            _ => IsKnown(key),
        };
    }

    private static bool IsKnown(string key) =>
        Words.Contains(key) || key is "properties" or "additionalProperties" or "propertyNames" or "required" or "dependentRequired" or "maxProperties"
            or "items" or "prefixItems" or "minItems" or "maxItems" or "pattern" or "minLength" or "maxLength" or "minimum" or "maximum"
            ? true
            : throw new NotSupportedException($"The schema uses {key}.");

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() is System.Text.Json.JsonValueKind.String,
        "boolean" => value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "number" => value?.GetValueKind() is System.Text.Json.JsonValueKind.Number,
        "integer" => value?.GetValueKind() is System.Text.Json.JsonValueKind.Number && double.IsInteger(value.GetValue<double>()),
        _ => throw new NotSupportedException($"The schema uses the type {type}."),
    };
}
