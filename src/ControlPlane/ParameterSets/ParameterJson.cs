using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Reads the JSON text of parameters without trusting it: size, depth, repeated keys and broken Unicode are refused.</summary>
internal static class ParameterJson
{
    /// <summary>Longest text, in characters.</summary>
    public const int Longest = 64 * 1024;

    /// <summary>Leaves what people read (Chinese, quotes) as it is.</summary>
    public static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = StructMapping.Deepest };

    /// <summary>An object that is safe to walk.</summary>
    /// <exception cref="OrbitException">PARAMETERS_INVALID.</exception>
    public static JsonObject Read(string json)
    {
        if (json.Length > Longest)
        {
            throw Broken($"The parameters have {json.Length} characters; {Longest} are allowed.");
        }

        if (!TextRule.IsStorable(json))
        {
            throw Broken("The parameters hold a NUL character or broken Unicode.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            RequireWholeTexts(document.RootElement);
            return JsonNode.Parse(json, documentOptions: Strict) as JsonObject ?? throw Broken("The parameters must be a JSON object.");
        }
        catch (JsonException broken)
        {
            throw Broken($"The parameters are no valid JSON (line {broken.LineNumber + 1}), or repeat a key, or are nested deeper than {Strict.MaxDepth} levels.", broken);
        }
    }

    /// <summary>Path of a key inside an object; keys of strangers are shortened and shown without control characters.</summary>
    public static string Below(string path, string key)
    {
        string shown = new([.. key.Take(64).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }

    private static void RequireWholeTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    RequireWhole(() => property.Name);
                    RequireWholeTexts(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    RequireWholeTexts(item);
                }

                break;
            case JsonValueKind.String:
                RequireWhole(() => element.GetString()!);
                break;
        }
    }

    private static void RequireWhole(Func<string> text)
    {
        try
        {
            if (TextRule.IsStorable(text()))
            {
                return;
            }
        }
        catch (InvalidOperationException broken)
        {
            throw Broken("The parameters hold broken Unicode.", broken); // an escaped half of a surrogate pair
        }

        throw Broken("The parameters hold a NUL character or broken Unicode.");
    }

    private static OrbitException Broken(string message, Exception? cause = null) =>
        new(Refusal.Invalid, "PARAMETERS_INVALID", message) { Cause = cause, Details = new Dictionary<string, string> { ["parameters"] = message } };
}
