using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>
/// Writes messages as JSON: names as in the .proto files, 64-bit integers as numbers, enums by short name, default values included.
/// Left out are only what a message can tell apart from its default and does not have.
/// </summary>
internal static class MessageToJson
{
    /// <summary>Chinese stays readable; the result is never put into HTML.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 1000, // what a message can hold, a response can
    };

    /// <summary>Writes one message, or one field of it.</summary>
    public static void Write(IBufferWriter<byte> target, IMessage message, string onlyField = "")
    {
        using var json = new Utf8JsonWriter(target, WriterOptions);
        if (onlyField.Length == 0)
        {
            WriteMessage(json, message);
            return;
        }

        FieldDescriptor field = FieldPath.Resolve(message.Descriptor, onlyField);
        WriteField(json, field, field.Accessor.GetValue(message));
    }

    private static void WriteMessage(Utf8JsonWriter json, IMessage message)
    {
        switch (message)
        {
            case Timestamp time:
                json.WriteStringValue(Text(time));
                break;
            case Duration duration:
                json.WriteStringValue(Text(duration));
                break;
            case FieldMask mask:
                json.WriteStringValue(string.Join(',', mask.Paths));
                break;
            case Struct fields:
                WriteStruct(json, fields);
                break;
            case ListValue list:
                json.WriteStartArray();
                foreach (Value item in list.Values)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            case Value value:
                WriteValue(json, value);
                break;
            default:
                WriteFields(json, message);
                break;
        }
    }

    private static void WriteFields(Utf8JsonWriter json, IMessage message)
    {
        json.WriteStartObject();
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.HasPresence && !field.Accessor.HasValue(message))
            {
                continue;
            }

            json.WritePropertyName(field.Name);
            WriteField(json, field, field.Accessor.GetValue(message));
        }

        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, FieldDescriptor field, object? value)
    {
        switch (value)
        {
            case IDictionary map:
                FieldDescriptor values = field.MessageType.FindFieldByNumber(2);
                json.WriteStartObject();
                foreach (DictionaryEntry entry in map)
                {
                    json.WritePropertyName(entry.Key is bool key ? (key ? "true" : "false") : Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
                    WriteSingle(json, values, entry.Value);
                }

                json.WriteEndObject();
                break;
            case IList list:
                json.WriteStartArray();
                foreach (object? item in list)
                {
                    WriteSingle(json, field, item);
                }

                json.WriteEndArray();
                break;
            default:
                WriteSingle(json, field, value);
                break;
        }
    }

    private static void WriteSingle(Utf8JsonWriter json, FieldDescriptor field, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case int number when field.FieldType != FieldType.Enum:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case float number:
                WriteReal(json, number, () => json.WriteNumberValue(number));
                break;
            case double number:
                WriteReal(json, number, () => json.WriteNumberValue(number));
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case IMessage message:
                WriteMessage(json, message);
                break;
            default:
                WriteEnum(json, field.EnumType, Convert.ToInt32(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteEnum(Utf8JsonWriter json, EnumDescriptor type, int number)
    {
        if (number == 0)
        {
            json.WriteNullValue(); // unspecified: none yet, or unknown
        }
        else if (EnumNames.Of(type).NameOf(number) is { } name)
        {
            json.WriteStringValue(name);
        }
        else
        {
            json.WriteNumberValue(number);
        }
    }

    private static void WriteStruct(Utf8JsonWriter json, Struct fields)
    {
        json.WriteStartObject();
        foreach ((string name, Value value) in fields.Fields)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.NumberValue:
                WriteReal(json, value.NumberValue, () => json.WriteNumberValue(value.NumberValue));
                break;
            case Value.KindOneofCase.StringValue:
                json.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.StructValue:
                WriteStruct(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                WriteMessage(json, value.ListValue);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteReal(Utf8JsonWriter json, double number, Action write)
    {
        if (double.IsFinite(number))
        {
            write();
        }
        else
        {
            json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); // NaN, Infinity, -Infinity
        }
    }

    private static string Text(Timestamp time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.Seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + Fraction(time.Nanos) + "Z";

    private static string Text(Duration duration)
    {
        string sign = duration.Seconds < 0 || duration.Nanos < 0 ? "-" : "";
        return $"{sign}{Math.Abs(duration.Seconds).ToString(CultureInfo.InvariantCulture)}{Fraction(Math.Abs(duration.Nanos)).TrimEnd('0')}s";
    }

    /// <summary>Nothing, or three, six or nine digits.</summary>
    private static string Fraction(int nanos)
    {
        string digits = nanos.ToString("D9", CultureInfo.InvariantCulture);
        return nanos switch
        {
            0 => "",
            _ when nanos % 1_000_000 == 0 => $".{digits[..3]}",
            _ when nanos % 1_000 == 0 => $".{digits[..6]}",
            _ => $".{digits}",
        };
    }
}
