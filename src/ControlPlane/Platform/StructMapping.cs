using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform;

/// <summary>JSON objects between the wire (<see cref="Struct"/>) and the text that is stored.</summary>
internal static class StructMapping
{
    /// <summary>Deepest nesting.</summary>
    public const int Deepest = 32;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object as text. Whole numbers are written without a point.</summary>
    /// <param name="value">The object; unset is an empty one.</param>
    /// <param name="field">Its name in the request, for the refusal.</param>
    /// <exception cref="OrbitException">PARAMETERS_INVALID: NaN or infinite numbers, broken Unicode, too deep.</exception>
    public static string ToJson(this Struct? value, string field)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            Write(writer, value ?? new Struct(), field, depth: 1);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Stored text as an object of the wire.</summary>
    public static Struct ToStruct(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Read(document.RootElement).StructValue;
    }

    /// <summary>Stored text of any kind as a value of the wire.</summary>
    public static Value ToValue(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    private static void Write(Utf8JsonWriter writer, Struct value, string path, int depth)
    {
        if (depth > Deepest)
        {
            throw Wrong(path, $"is nested deeper than {Deepest} levels");
        }

        writer.WriteStartObject();
        foreach ((string key, Value inner) in value.Fields)
        {
            writer.WritePropertyName(Whole(key, path));
            Write(writer, inner, $"{path}.{key}", depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Value value, string path, int depth)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StructValue: Write(writer, value.StructValue, path, depth); break;
            case Value.KindOneofCase.ListValue: Write(writer, value.ListValue, path, depth); break;
            case Value.KindOneofCase.StringValue: writer.WriteStringValue(Whole(value.StringValue, path)); break;
            case Value.KindOneofCase.BoolValue: writer.WriteBooleanValue(value.BoolValue); break;
            case Value.KindOneofCase.NumberValue: Write(writer, value.NumberValue, path); break;
            default: writer.WriteNullValue(); break;
        }
    }

    private static void Write(Utf8JsonWriter writer, ListValue list, string path, int depth)
    {
        if (depth > Deepest)
        {
            throw Wrong(path, $"is nested deeper than {Deepest} levels");
        }

        writer.WriteStartArray();
        for (int at = 0; at < list.Values.Count; at++)
        {
            Write(writer, list.Values[at], $"{path}[{at}]", depth + 1);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, double number, string path)
    {
        const double ExactlyWhole = 9007199254740992; // 2^53
        if (!double.IsFinite(number))
        {
            throw Wrong(path, "is no finite number");
        }

        if (number == Math.Floor(number) && Math.Abs(number) <= ExactlyWhole)
        {
            writer.WriteNumberValue((long)number);
        }
        else
        {
            writer.WriteNumberValue(number);
        }
    }

    private static Value Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Value.ForStruct(new Struct { Fields = { element.EnumerateObject().ToDictionary(p => p.Name, p => Read(p.Value)) } }),
        JsonValueKind.Array => Value.ForList([.. element.EnumerateArray().Select(Read)]),
        JsonValueKind.String => Value.ForString(element.GetString()!),
        JsonValueKind.Number => Value.ForNumber(element.GetDouble()),
        JsonValueKind.True => Value.ForBool(true),
        JsonValueKind.False => Value.ForBool(false),
        _ => Value.ForNull(),
    };

    private static string Whole(string text, string path) =>
        TextRule.IsStorable(text) ? text : throw Wrong(path, "holds a NUL character or broken Unicode");

    private static OrbitException Wrong(string path, string what)
    {
        string shown = new([.. path.Take(200).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return new(Refusal.Invalid, "PARAMETERS_INVALID", $"{shown} {what}.") { Details = new Dictionary<string, string> { [shown] = what } };
    }
}
