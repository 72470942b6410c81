using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.Cli.Output;

/// <summary>Reads JSON that a person or a script wrote into messages of the contract, naming what is wrong with it.</summary>
internal static class JsonText
{
    /// <param name="json">The text.</param>
    /// <param name="source">What to call it in an error: a file name or "standard input".</param>
    public static JsonObject Object(string json, string source)
    {
        try
        {
            // A duplicate name is an error rather than a silent choice of one of the two.
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            return JsonNode.Parse(json, documentOptions: options) as JsonObject
                ?? throw new UsageException($"{source} must hold a JSON object", "INVALID_JSON");
        }
        catch (JsonException failure)
        {
            string place = failure.LineNumber is { } line ? $" at line {line + 1}, byte {failure.BytePositionInLine + 1}" : "";
            throw new UsageException($"{source} is not valid JSON{place}", "INVALID_JSON");
        }
    }

    public static Struct ToStruct(JsonObject content)
    {
        var result = new Struct();
        foreach ((string key, JsonNode? value) in content)
        {
            result.Fields[key] = ToValue(value);
        }

        return result;
    }

    public static Value ToValue(JsonNode? node) => node switch
    {
        null => Value.ForNull(),
        JsonObject content => Value.ForStruct(ToStruct(content)),
        JsonArray items => Value.ForList([.. items.Select(ToValue)]),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => Value.ForString(node.GetValue<string>()),
            JsonValueKind.True => Value.ForBool(true),
            JsonValueKind.False => Value.ForBool(false),
            _ => Value.ForNumber(double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        },
    };

    /// <summary>A value as typed on a command line: JSON where it is JSON, else the text itself.</summary>
    public static JsonNode? Typed(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>Fills a request from JSON with the contract's field names; an unknown name is an error.</summary>
    public static T Message<T>(JsonObject content, string source)
        where T : IMessage<T>, new()
    {
        try
        {
            return new JsonParser(JsonParser.Settings.Default).Parse<T>(content.ToJsonString());
        }
        catch (Exception failure) when (failure is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new UsageException($"{source}: {failure.Message}", "INVALID_JSON");
        }
    }
}
