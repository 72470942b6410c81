using System.Text.Json;
using System.Text.RegularExpressions;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Checks;

/// <summary>A place in a value that does not fit.</summary>
/// <param name="Place">Relative path, e.g. <c>.items[0].id</c>.</param>
/// <param name="Expected">What the schema asks.</param>
/// <param name="Actual">What is there.</param>
public sealed record SchemaViolation(string Place, string Expected, string Actual);

/// <summary>
/// JSON Schema, the part of draft 2020-12 that descriptions of APIs use, and OpenAPI 3.0's <c>nullable</c>. A keyword that is not
/// understood is an error when the schema is read, never ignored.
/// </summary>
public sealed class JsonSchema
{
    private const int DeepestValidation = 300;
    private const int MostViolations = 50;

    private static readonly HashSet<string> Understood = new(StringComparer.Ordinal)
    {
        "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired",
        "items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$defs", "definitions", "nullable",
        "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "$id", "$comment", "$anchor", "xml", "externalDocs", "discriminator", "components",
    };

    private readonly JsonElement _root;
    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);

    private JsonSchema(JsonElement root) => _root = root;

    /// <summary>Reads a schema.</summary>
    /// <exception cref="DocumentException">It is wrong or has a keyword that is not understood.</exception>
    public static JsonSchema Read(JsonElement schema, string place)
    {
        var read = new JsonSchema(schema.Clone());
        read.Look(read._root, place);
        return read;
    }

    /// <summary>Every place that does not fit, up to 50.</summary>
    public List<SchemaViolation> Validate(JsonElement value)
    {
        var run = new Run(this);
        run.Apply(_root, value, "", 0);
        return run.Violations;
    }

    private void Look(JsonElement schema, string place)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return;
        }

        if (schema.ValueKind is not JsonValueKind.Object)
        {
            throw new DocumentException(place, "a schema must be a map");
        }

        foreach (JsonProperty member in schema.EnumerateObject())
        {
            string name = JsonText.NameOf(member);
            string at = $"{place}.{name}";
            if (!Understood.Contains(name) && !name.StartsWith("x-", StringComparison.Ordinal))
            {
                throw new DocumentException(at, "this keyword of JSON Schema is not supported");
            }

            LookBelow(name, member.Value, at);
        }
    }

    private void LookBelow(string name, JsonElement value, string at)
    {
        switch (name)
        {
            case "pattern":
                KeepPattern(new DocumentNode(value, at).Text(), at);
                break;
            case "$ref":
                _ = Resolve(new DocumentNode(value, at).Text()) ?? throw new DocumentException(at, $"'{value}' leads nowhere in this schema; only references inside it are followed");
                break;
            case "properties" or "patternProperties" or "$defs" or "definitions":
                foreach ((string key, DocumentNode below) in new DocumentNode(value, at).Entries())
                {
                    if (name == "patternProperties")
                    {
                        KeepPattern(key, below.Place);
                    }

                    Look(below.Json, below.Place);
                }

                break;
            case "allOf" or "anyOf" or "oneOf" or "prefixItems":
                foreach (DocumentNode below in new DocumentNode(value, at).Items())
                {
                    Look(below.Json, below.Place);
                }

                break;
            case "items" or "additionalProperties" or "not" or "if" or "then" or "else" or "contains" or "propertyNames":
                Look(value, at);
                break;
            default:
                break;
        }
    }

    private void KeepPattern(string pattern, string at)
    {
        try
        {
            _patterns[pattern] = SafeRegex.Compile(pattern);
        }
        catch (FormatException wrong)
        {
            throw new DocumentException(at, wrong.Message);
        }
    }

    private JsonElement? Resolve(string reference)
    {
        if (reference == "#")
        {
            return _root;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return null;
        }

        JsonElement at = _root;
        foreach (string step in reference[2..].Split('/'))
        {
            string name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind is not JsonValueKind.Object || !JsonText.TryMember(at, name, out at))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>One validation.</summary>
    private sealed class Run(JsonSchema schema)
    {
        private int _steps;

        public List<SchemaViolation> Violations { get; } = [];

        public void Apply(JsonElement rules, JsonElement value, string place, int depth)
        {
            if (depth > DeepestValidation || ++_steps > 1_000_000)
            {
                throw new FormatException($"the schema leads deeper than {DeepestValidation} levels or takes too long");
            }

            if (rules.ValueKind is JsonValueKind.False)
            {
                Add(place, "nothing here", value);
            }

            if (rules.ValueKind is not JsonValueKind.Object || (value.ValueKind is JsonValueKind.Null && Flag(rules, "nullable")))
            {
                return;
            }

            if (rules.TryGetProperty("$ref", out JsonElement reference))
            {
                Apply(schema.Resolve(reference.GetString()!)!.Value, value, place, depth + 1);
            }

            Plain(rules, value, place);
            Combined(rules, value, place, depth);
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    Members(rules, value, place, depth);
                    break;
                case JsonValueKind.Array:
                    Elements(rules, value, place, depth);
                    break;
                default:
                    break;
            }
        }

        private void Plain(JsonElement rules, JsonElement value, string place)
        {
            if (rules.TryGetProperty("type", out JsonElement type) && !SchemaWords.IsType(type, value))
            {
                Add(place, $"type {SchemaWords.Types(type)}", value);
            }

            if (rules.TryGetProperty("enum", out JsonElement allowed) && !allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value)))
            {
                Add(place, $"one of {allowed.GetRawText()}", value);
            }

            if (rules.TryGetProperty("const", out JsonElement only) && !JsonElement.DeepEquals(only, value))
            {
                Add(place, only.GetRawText(), value);
            }

            if (value.ValueKind is JsonValueKind.String)
            {
                Text(rules, value, place);
            }
            else if (value.ValueKind is JsonValueKind.Number && SchemaWords.NumberProblem(rules, value.GetDouble()) is { } problem)
            {
                Add(place, problem, value);
            }
        }

        private void Text(JsonElement rules, JsonElement value, string place)
        {
            string text = JsonText.TextOf(value);
            int length = Value.Of(text).Length!.Value;
            if (rules.TryGetProperty("minLength", out JsonElement least) && length < least.GetDouble())
            {
                Add(place, $"at least {least} characters", value);
            }

            if (rules.TryGetProperty("maxLength", out JsonElement most) && length > most.GetDouble())
            {
                Add(place, $"at most {most} characters", value);
            }

            if (rules.TryGetProperty("pattern", out JsonElement pattern) && !schema._patterns[pattern.GetString()!].IsMatch(text))
            {
                Add(place, $"to match {pattern}", value);
            }

            if (rules.TryGetProperty("format", out JsonElement format) && !SchemaWords.IsFormat(format.ToString(), text))
            {
                Add(place, $"format {format}", value);
            }
        }

        private void Combined(JsonElement rules, JsonElement value, string place, int depth)
        {
            if (rules.TryGetProperty("allOf", out JsonElement all))
            {
                foreach (JsonElement each in all.EnumerateArray())
                {
                    Apply(each, value, place, depth + 1);
                }
            }

            if (rules.TryGetProperty("anyOf", out JsonElement any) && !any.EnumerateArray().Any(s => Fits(s, value, depth)))
            {
                Add(place, "to fit one of anyOf", value);
            }

            if (rules.TryGetProperty("oneOf", out JsonElement one) && one.EnumerateArray().Count(s => Fits(s, value, depth)) is var count and not 1)
            {
                Add(place, $"to fit exactly one of oneOf, not {count}", value);
            }

            if (rules.TryGetProperty("not", out JsonElement not) && Fits(not, value, depth))
            {
                Add(place, "not to fit the schema under not", value);
            }

            if (rules.TryGetProperty("if", out JsonElement condition) && rules.TryGetProperty(Fits(condition, value, depth) ? "then" : "else", out JsonElement branch))
            {
                Apply(branch, value, place, depth + 1);
            }
        }

        private void Members(JsonElement rules, JsonElement value, string place, int depth)
        {
            foreach (string missing in SchemaWords.Missing(rules, value))
            {
                Violations.Add(new($"{place}.{missing}", "to exist", "nothing there"));
            }

            if (SchemaWords.CountProblem(rules, value.GetPropertyCount(), "minProperties", "maxProperties", "members") is { } problem)
            {
                Add(place, problem, value);
            }

            foreach (JsonProperty member in value.EnumerateObject())
            {
                string name = JsonText.NameOf(member);
                bool known = false;
                if (rules.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(name, out JsonElement own))
                {
                    known = true;
                    Apply(own, member.Value, $"{place}.{name}", depth + 1);
                }

                foreach (JsonProperty rule in rules.TryGetProperty("patternProperties", out JsonElement patterns) ? patterns.EnumerateObject() : default)
                {
                    if (schema._patterns[rule.Name].IsMatch(name))
                    {
                        known = true;
                        Apply(rule.Value, member.Value, $"{place}.{name}", depth + 1);
                    }
                }

                if (!known && rules.TryGetProperty("additionalProperties", out JsonElement others))
                {
                    Apply(others, member.Value, $"{place}.{name}", depth + 1);
                }

                if (rules.TryGetProperty("propertyNames", out JsonElement names))
                {
                    Apply(names, JsonText.Parse(JsonText.Quote(name)), $"{place}.{name}", depth + 1);
                }
            }
        }

        private void Elements(JsonElement rules, JsonElement value, string place, int depth)
        {
            JsonElement[] elements = [.. value.EnumerateArray()];
            if (SchemaWords.CountProblem(rules, elements.Length, "minItems", "maxItems", "elements") is { } problem)
            {
                Add(place, problem, value);
            }

            if (Flag(rules, "uniqueItems") && elements.Select(e => e.GetRawText()).Distinct(StringComparer.Ordinal).Count() < elements.Length)
            {
                Add(place, "no element twice", value);
            }

            int first = 0;
            if (rules.TryGetProperty("prefixItems", out JsonElement prefix))
            {
                foreach (JsonElement each in prefix.EnumerateArray())
                {
                    if (first < elements.Length)
                    {
                        Apply(each, elements[first], $"{place}[{first}]", depth + 1);
                    }

                    first++;
                }
            }

            for (int i = first; i < elements.Length && rules.TryGetProperty("items", out JsonElement items); i++)
            {
                Apply(items, elements[i], $"{place}[{i}]", depth + 1);
            }

            if (rules.TryGetProperty("contains", out JsonElement wanted) && !elements.Any(e => Fits(wanted, e, depth)))
            {
                Add(place, "to contain an element that fits", value);
            }
        }

        private bool Fits(JsonElement rules, JsonElement value, int depth)
        {
            var trial = new Run(schema) { _steps = _steps };
            trial.Apply(rules, value, "", depth + 1);
            _steps = trial._steps;
            return trial.Violations.Count == 0;
        }

        private void Add(string place, string expected, JsonElement actual)
        {
            if (Violations.Count < MostViolations)
            {
                Violations.Add(new(place, expected, actual.GetRawText()));
            }
        }

        private static bool Flag(JsonElement rules, string name) => rules.TryGetProperty(name, out JsonElement flag) && flag.ValueKind is JsonValueKind.True;
    }
}
