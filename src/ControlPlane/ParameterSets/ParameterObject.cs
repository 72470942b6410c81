using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>
/// One JSON object of the parameters, read key by key. What is wrong is noted and reading goes on; a key that nobody asked for is unknown.
/// </summary>
/// <param name="json">The object.</param>
/// <param name="path">Where it stands; empty for the whole.</param>
/// <param name="problems">Where to note.</param>
/// <param name="rendered">True when templates were replaced, so that <c>${</c> is plain text.</param>
internal sealed class ParameterObject(JsonObject json, string path, ParameterProblems problems, bool rendered)
{
    private const int MostItems = 200;
    private readonly List<string> _asked = [];

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => json.ContainsKey(key);

    /// <summary>Full path of a key.</summary>
    public string At(string key) => ParameterJson.Below(path, key);

    /// <summary>A text; null when it is absent or wrong.</summary>
    public string? Text(string key, Func<string, string?> rule) =>
        Ask(key) is { } node ? Text(node, At(key), rule) : null;

    /// <summary>One of some words, or <paramref name="standard"/> when it is absent or wrong.</summary>
    public T Choice<T>(string key, T standard, params (string Word, T Value)[] choices)
    {
        if (Ask(key) is not { } node)
        {
            return standard;
        }

        string? word = (node as JsonValue)?.TryGetValue(out string? text) == true ? text : null;
        foreach ((string known, T value) in choices)
        {
            if (word == known)
            {
                return value;
            }
        }

        problems.Add(At(key), $"one of {string.Join(", ", choices.Select(c => $"\"{c.Word}\""))}");
        return standard;
    }

    /// <summary>A whole number; null when it is absent or wrong.</summary>
    public int? Whole(string key, int least, int most)
    {
        double? number = Number(key, least, most, "a whole number");
        if (number is { } found && found != Math.Floor(found))
        {
            problems.Add(At(key), $"a whole number of {least} to {most}");
            return null;
        }

        return (int?)number;
    }

    /// <summary>A time in seconds; null when it is absent or wrong.</summary>
    public TimeSpan? Seconds(string key, double least, double most) =>
        Number(key, least, most, "seconds:") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>True or false; false when it is absent or wrong.</summary>
    public bool Flag(string key)
    {
        if (Ask(key) is not { } node)
        {
            return false;
        }

        if (node.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            return node.GetValue<bool>();
        }

        problems.Add(At(key), "true or false");
        return false;
    }

    /// <summary>A list of texts; null when it is absent or no list.</summary>
    public IReadOnlyList<string>? Texts(string key, Func<string, string?> rule, bool mayBeEmpty = true)
    {
        if (Ask(key) is not { } node)
        {
            return null;
        }

        if (node is not JsonArray list || list.Count > MostItems || (list.Count == 0 && !mayBeEmpty))
        {
            problems.Add(At(key), $"a list of {(mayBeEmpty ? 0 : 1)} to {MostItems} texts");
            return null;
        }

        return [.. list.Select((item, at) => Text(item, $"{At(key)}[{at}]", rule) ?? "")];
    }

    /// <summary>Program and arguments; the program is not empty.</summary>
    public IReadOnlyList<string>? Command(string key)
    {
        IReadOnlyList<string>? argv = Texts(key, ParameterRules.Argument, mayBeEmpty: false);
        if (argv is { Count: > 0 } && string.IsNullOrWhiteSpace(argv[0]))
        {
            problems.Add($"{At(key)}[0]", "the program to run");
        }

        return argv;
    }

    /// <summary>Variables: an object of texts and secrets.</summary>
    /// <param name="key">The key.</param>
    /// <param name="secrets">Receives the secret ones that are stored, in base64.</param>
    public IReadOnlyDictionary<string, string> Variables(string key, Dictionary<string, string> secrets)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Ask(key) is not { } node)
        {
            return variables;
        }

        if (node is not JsonObject inner || inner.Count > MostItems)
        {
            problems.Add(At(key), $"an object of at most {MostItems} texts");
            return variables;
        }

        foreach ((string name, JsonNode? value) in inner)
        {
            string at = ParameterJson.Below(At(key), name);
            if (ParameterRules.VariableName(name) is { } allowed)
            {
                problems.Add(at, allowed);
            }
            else if (value is JsonObject form)
            {
                AddSecret(secrets, name, at, form);
            }
            else if (Text(value, at, ParameterRules.VariableValue) is { } text)
            {
                variables[name] = text;
            }
        }

        return variables;
    }

    private void AddSecret(Dictionary<string, string> secrets, string name, string at, JsonObject form)
    {
        if (SecretForm.Problem(form) is { } allowed)
        {
            problems.Add(at, allowed);
        }
        else if (SecretForm.SealedOf(form) is { } stored)
        {
            secrets[name] = stored;
        }
    }

    /// <summary>An object inside; null when it is absent or none.</summary>
    public ParameterObject? Inner(string key)
    {
        if (Ask(key) is not { } node)
        {
            return null;
        }

        if (node is JsonObject inner)
        {
            return new(inner, At(key), problems, rendered);
        }

        problems.Add(At(key), "an object");
        return null;
    }

    /// <summary>The value as it is, for keys with several forms; null when it is absent.</summary>
    public JsonNode? Any(string key) => Ask(key);

    /// <summary>Notes that exactly one of these keys is allowed, unless it is so.</summary>
    public void RequireOneOf(params string[] keys)
    {
        if (keys.Count(Has) != 1)
        {
            problems.Add(path, $"an object with exactly one of {string.Join(", ", keys.Select(k => $"\"{k}\""))}");
        }
    }

    /// <summary>Notes every key that nobody asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (string key in json.Select(p => p.Key).Where(key => !_asked.Contains(key, StringComparer.Ordinal)))
        {
            problems.AddUnknown(At(key), _asked);
        }
    }

    private JsonNode? Ask(string key)
    {
        _asked.Add(key);
        if (!json.TryGetPropertyValue(key, out JsonNode? node))
        {
            return null;
        }

        if (node is null)
        {
            problems.Add(At(key), "a value; leave the key out for none (null is not allowed)");
        }

        return node;
    }

    private string? Text(JsonNode? node, string at, Func<string, string?> rule)
    {
        if (node is not JsonValue value || !value.TryGetValue(out string? text))
        {
            problems.Add(at, "a text");
            return null;
        }

        string? allowed = rendered ? rule(text) : Templates.Problem(text) ?? rule(Templates.Sample(text));
        if (allowed is not null)
        {
            problems.Add(at, allowed);
            return null;
        }

        return text;
    }

    private double? Number(string key, double least, double most, string what)
    {
        if (Ask(key) is not { } node)
        {
            return null;
        }

        if (node.GetValueKind() is JsonValueKind.Number && node.AsValue().TryGetValue(out double number) && number >= least && number <= most)
        {
            return number;
        }

        problems.Add(At(key), FormattableString.Invariant($"{what} {least} to {most}"));
        return null;
    }
}
