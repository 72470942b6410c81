using System.Text.Json.Nodes;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>
/// The three forms of a secret variable under <c>env</c> and <c>test.env</c>: <c>{"secret": "value"}</c> as people write it,
/// <c>{"secret": "***"}</c> as they read it, and <c>{"sealed": "base64"}</c> as it is stored, which nobody may write.
/// </summary>
internal static class SecretForm
{
    /// <summary>What is shown in place of a value. Written back, it keeps the value that is stored.</summary>
    public const string Mask = "***";

    /// <summary>Shortest value: hiding a shorter one would hide half of every log.</summary>
    public const int Shortest = 4;

    /// <summary>Longest value.</summary>
    public const int Longest = 8192;

    private const string Clear = "secret";
    private const string Sealed = "sealed";
    private static readonly string[][] Places = [["env"], ["test", "env"]];

    /// <summary>Every secret variable: the object that holds it, its name and its path.</summary>
    public static IEnumerable<(JsonObject Variables, string Name, string Path, JsonObject Value)> In(JsonObject parameters)
    {
        foreach (string[] place in Places)
        {
            JsonNode? node = parameters;
            foreach (string step in place)
            {
                node = (node as JsonObject)?[step];
            }

            foreach ((string name, JsonNode? value) in (node as JsonObject)?.ToArray() ?? [])
            {
                if (value is JsonObject form)
                {
                    yield return ((JsonObject)node!, name, $"{string.Join('.', place)}.{name}", form);
                }
            }
        }
    }

    /// <summary>The clear value that somebody wrote; null for another form.</summary>
    public static string? ClearOf(JsonObject form) => Only(form, Clear);

    /// <summary>The stored value in base64; null for another form.</summary>
    public static string? SealedOf(JsonObject form) => Only(form, Sealed);

    /// <summary>As people read and write it.</summary>
    public static JsonObject OfClear(string value) => new() { [Clear] = value };

    /// <summary>As it is stored.</summary>
    public static JsonObject OfSealed(byte[] value) => new() { [Sealed] = Convert.ToBase64String(value) };

    /// <summary>What is allowed in place of a form that is wrong; null for a right one.</summary>
    public static string? Problem(JsonObject form)
    {
        if (SealedOf(form) is not null)
        {
            return null;
        }

        return ClearOf(form) is { } value && (value == Mask || (value.Length is >= Shortest and <= Longest && Platform.TextRule.IsStorable(value)))
            ? null
            : $"a text, or {{\"secret\": \"…\"}} with a text of {Shortest} to {Longest} characters without NUL";
    }

    /// <summary>Parameters as people read them: no value of a secret, in whatever form.</summary>
    public static string Masked(string json)
    {
        if (!json.Contains(Sealed, StringComparison.Ordinal) && !json.Contains(Clear, StringComparison.Ordinal))
        {
            return json; // most sets have none, and lists show many
        }

        JsonObject parameters = ParameterJson.Read(json);
        foreach ((JsonObject variables, string name, _, _) in In(parameters).ToArray())
        {
            variables[name] = OfClear(Mask);
        }

        return parameters.ToJsonString(ParameterJson.Readable);
    }

    private static string? Only(JsonObject form, string key) =>
        form.Count == 1 && form[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
