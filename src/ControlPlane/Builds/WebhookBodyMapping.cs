using System.Buffers;
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
    public const string Method = "/orbit.v1.BuildService/PostBuild";

    private const string Labels = "labels";

    private static readonly string[] Fields = ["JOB_NAME", "BUILD_NUMBER", "PACKAGE_PATH", "BUILD_USER"];

    /// <summary>Both spellings; a mixed one is a label.</summary>
    private static readonly Dictionary<string, string> FieldOfKey = Fields
        .SelectMany(field => new[] { (Key: field, Field: field), (Key: field.ToLowerInvariant(), Field: field) })
        .ToDictionary(spelling => spelling.Key, spelling => spelling.Field, StringComparer.Ordinal);

    /// <summary>Reads a whole body.</summary>
    /// <exception cref="OrbitException">INVALID_JSON names the position; BUILD_FIELD_INVALID names the key.</exception>
    public static Wire.PostBuildRequest Read(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8))
        {
            body = body["\uFEFF"u8.Length..]; // PowerShell writes one
        }

        var reader = new Utf8JsonReader(body);
        try
        {
            return ReadObject(ref reader);
        }
        catch (JsonException broken)
        {
            throw Invalid($"The body is no valid JSON at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.", broken);
        }
    }

    private static Wire.PostBuildRequest ReadObject(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Invalid("The body must be a JSON object.");
        }

        var request = new Wire.PostBuildRequest();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = Text(ref reader, "A key");
            if (!seen.Add(FieldOf(key) ?? key))
            {
                throw FieldOf(key) is { } field
                    ? WrongField(field, $"{field} is given twice.")
                    : Invalid($"The key '{BuildFacts.Shown(key)}' is given twice.");
            }

            reader.Read();
            ReadValue(ref reader, key, request);
        }

        reader.Read(); // refuses anything behind the object
        return request;
    }

    private static void ReadValue(ref Utf8JsonReader reader, string key, Wire.PostBuildRequest request)
    {
        if (FieldOf(key) is { } field)
        {
            ReadField(ref reader, field, request);
        }
        else if (key == Labels && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadLabels(ref reader, request);
        }
        else if (Scalar(ref reader, key) is { } value)
        {
            AddLabel(request, key, value);
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, string field, Wire.PostBuildRequest request)
    {
        bool allowed = reader.TokenType is JsonTokenType.String or JsonTokenType.Null
            || (field == "BUILD_NUMBER" && reader.TokenType == JsonTokenType.Number);
        if (!allowed)
        {
            throw WrongField(field, field == "BUILD_NUMBER" ? "BUILD_NUMBER must be a text or a number." : $"{field} must be a text.");
        }

        string value = Scalar(ref reader, field) ?? "";
        switch (field)
        {
            case "JOB_NAME": request.JobName = value; break;
            case "BUILD_NUMBER": request.BuildNumber = value; break;
            case "PACKAGE_PATH": request.PackagePath = value; break;
            default: request.BuildUser = value; break;
        }
    }

    private static void ReadLabels(ref Utf8JsonReader reader, Wire.PostBuildRequest request)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = Text(ref reader, "A key in labels");
            reader.Read();
            if (Scalar(ref reader, key) is { } value)
            {
                AddLabel(request, key, value);
            }
        }
    }

    private static void AddLabel(Wire.PostBuildRequest request, string key, string value)
    {
        if (!request.Labels.TryAdd(key, value))
        {
            throw Invalid($"The key '{BuildFacts.Shown(key)}' is given twice.");
        }

        if (request.Labels.Count > BuildFacts.MostLabels)
        {
            throw WrongField(Labels, $"More than {BuildFacts.MostLabels} further keys were sent.");
        }
    }

    /// <returns>The value as text; null for JSON's null, which is ignored.</returns>
    private static string? Scalar(ref Utf8JsonReader reader, string key) => reader.TokenType switch
    {
        JsonTokenType.String => Text(ref reader, BuildFacts.Shown(key)),
        JsonTokenType.Number => Text(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => null,
        _ => throw WrongField(BuildFacts.Shown(key), $"{BuildFacts.Shown(key)} must be a text, a number or a boolean, not a list or an object."),
    };

    private static string Text(ReadOnlySpan<byte> ascii) => System.Text.Encoding.ASCII.GetString(ascii);

    private static string Text(ref Utf8JsonReader reader, string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException broken)
        {
            throw Invalid($"{what} is no valid Unicode text (near byte {reader.TokenStartIndex + 1}).", broken);
        }
    }

    private static string? FieldOf(string key) => FieldOfKey.GetValueOrDefault(key);

    private static OrbitException Invalid(string message, Exception? cause = null) => new(Refusal.Invalid, "INVALID_JSON", message) { Cause = cause };

    private static OrbitException WrongField(string field, string message) =>
        new(Refusal.Invalid, "BUILD_FIELD_INVALID", message) { Details = new Dictionary<string, string> { [field] = message } };
}
