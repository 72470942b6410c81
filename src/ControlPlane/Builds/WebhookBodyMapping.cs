using System.Text.Json;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Builds;

/// <summary>
/// Reads the webhook's JSON: JOB_NAME, BUILD_NUMBER, PACKAGE_PATH and BUILD_USER in upper or lower case; every other key with a text,
/// number or boolean value becomes a label. What the contract's own <c>labels</c> object holds are labels too.
/// </summary>
internal static class WebhookBodyMapping
{
    /// <summary>Full name of the method whose REST body this reads.</summary>
    public const string Method = "orbit.v1.BuildService.PostBuild";

    private const string Labels = "labels";

    private static readonly string[] Fields = ["JOB_NAME", "BUILD_NUMBER", "PACKAGE_PATH", "BUILD_USER"];

    /// <summary>Both spellings; a mixed one is a label.</summary>
    private static readonly Dictionary<string, string> FieldOfKey = Fields
        .SelectMany(field => new[] { (Key: field, Field: field), (Key: field.ToLowerInvariant(), Field: field) })
        .ToDictionary(spelling => spelling.Key, spelling => spelling.Field, StringComparer.Ordinal);

    /// <summary>Reads a whole body.</summary>
    /// <param name="body">An object without repeated keys.</param>
    /// <exception cref="OrbitException">BUILD_FIELD_INVALID names the key; INVALID_JSON for half of a surrogate pair.</exception>
    public static Wire.PostBuildRequest Read(JsonElement body)
    {
        var request = new Wire.PostBuildRequest();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in body.EnumerateObject())
        {
            string key = Text(() => property.Name);
            if (FieldOfKey.TryGetValue(key, out string? field))
            {
                if (!seen.Add(field))
                {
                    throw WrongField(field, $"{field} is given twice, in upper and in lower case.");
                }

                ReadField(request, field, property.Value);
            }
            else if (key == Labels && property.Value.ValueKind == JsonValueKind.Object)
            {
                ReadLabels(request, property.Value);
            }
            else
            {
                AddLabel(request, key, property.Value);
            }
        }

        return request;
    }

    private static void ReadField(Wire.PostBuildRequest request, string field, JsonElement value)
    {
        bool mayBeNumber = field == "BUILD_NUMBER";
        bool allowed = value.ValueKind is JsonValueKind.String or JsonValueKind.Null || (mayBeNumber && value.ValueKind == JsonValueKind.Number);
        if (!allowed)
        {
            throw WrongField(field, mayBeNumber ? $"{field} must be a text or a number." : $"{field} must be a text.");
        }

        string text = Scalar(field, value) ?? "";
        switch (field)
        {
            case "JOB_NAME": request.JobName = text; break;
            case "BUILD_NUMBER": request.BuildNumber = text; break;
            case "PACKAGE_PATH": request.PackagePath = text; break;
            default: request.BuildUser = text; break;
        }
    }

    private static void ReadLabels(Wire.PostBuildRequest request, JsonElement labels)
    {
        foreach (JsonProperty property in labels.EnumerateObject())
        {
            AddLabel(request, Text(() => property.Name), property.Value);
        }
    }

    private static void AddLabel(Wire.PostBuildRequest request, string key, JsonElement value)
    {
        if (Scalar(key, value) is not { } text)
        {
            return;
        }

        if (request.Labels.ContainsKey(key))
        {
            throw WrongField(BuildFacts.Shown(key), $"{BuildFacts.Shown(key)} is given twice, beside labels and inside.");
        }

        request.Labels.Add(key, text);
        if (request.Labels.Count > BuildFacts.MostLabels)
        {
            throw WrongField(Labels, $"More than {BuildFacts.MostLabels} further keys were sent.");
        }
    }

    /// <returns>The value as text; null for JSON's null, which is ignored.</returns>
    private static string? Scalar(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Text(() => value.GetString()!),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => null,
        _ => throw WrongField(BuildFacts.Shown(key), $"{BuildFacts.Shown(key)} must be a text, a number or a boolean, not a list or an object."),
    };

    private static string Text(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException broken)
        {
            throw new OrbitException(Refusal.Invalid, "INVALID_JSON", "The body is not valid JSON: a text holds half of a surrogate pair.") { Cause = broken };
        }
    }

    private static OrbitException WrongField(string field, string message) =>
        new(Refusal.Invalid, "BUILD_FIELD_INVALID", message) { Details = new Dictionary<string, string> { [field] = message } };
}
