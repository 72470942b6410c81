using System.Collections;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using FieldType = Google.Protobuf.Reflection.FieldType;

namespace Orbit.Cli.Output;

/// <summary>
/// Messages as JSON in the shape of the REST API: snake_case names, 64-bit integers as numbers, enums without the enum's
/// name, the zero enum and what is unset as null, times in RFC 3339. Every field is always there.
/// </summary>
internal static class WireJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Document(IMessage message) => Text(message, Indented);

    public static string Line(IMessage message) => Text(message, OneLine);

    private static string Text(IMessage message, JsonWriterOptions options)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, options))
        {
            Write(json, message);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, IMessage message)
    {
        switch (message)
        {
            case Timestamp or Duration:
                // The well-known JSON form of both is one quoted string.
                json.WriteRawValue(JsonFormatter.Default.Format(message));
                return;
            case Struct content:
                WriteStruct(json, content);
                return;
            case Value value:
                WriteValue(json, value);
                return;
        }

        json.WriteStartObject();
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.RealContainingOneof is not null && !field.Accessor.HasValue(message))
            {
                continue;
            }

            json.WritePropertyName(field.Name);
            WriteField(json, message, field);
        }

        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, IMessage message, FieldDescriptor field)
    {
        object? value = field.Accessor.GetValue(message);
        if (field.IsMap)
        {
            FieldDescriptor valueField = field.MessageType.FindFieldByNumber(2);
            json.WriteStartObject();
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                json.WritePropertyName(Convert.ToString(entry.Key, null)!);
                WriteSingle(json, valueField, entry.Value);
            }

            json.WriteEndObject();
        }
        else if (field.IsRepeated)
        {
            json.WriteStartArray();
            foreach (object item in (IList)value)
            {
                WriteSingle(json, field, item);
            }

            json.WriteEndArray();
        }
        else
        {
            WriteSingle(json, field, field.HasPresence && !field.Accessor.HasValue(message) ? null : value);
        }
    }

    private static void WriteSingle(Utf8JsonWriter json, FieldDescriptor field, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case IMessage message:
                Write(json, message);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case double or float:
                WriteNumber(json, Convert.ToDouble(value, null));
                break;
            case ulong large:
                json.WriteNumberValue(large);
                break;
            default:
                long number = Convert.ToInt64(value, null);
                if (field.FieldType == FieldType.Enum)
                {
                    WriteEnum(json, field.EnumType, (int)number);
                }
                else
                {
                    json.WriteNumberValue(number);
                }

                break;
        }
    }

    private static void WriteEnum(Utf8JsonWriter json, EnumDescriptor type, int number)
    {
        string? name = number == 0 ? null : type.FindValueByNumber(number)?.Name;
        string prefix = EnumWords.Upper(type.Name) + "_";
        if (number == 0)
        {
            json.WriteNullValue();
        }
        else if (name is null)
        {
            json.WriteNumberValue(number); // a value newer than this program
        }
        else
        {
            json.WriteStringValue(name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name);
        }
    }

    private static void WriteStruct(Utf8JsonWriter json, Struct content)
    {
        json.WriteStartObject();
        foreach ((string key, Value value) in content.Fields)
        {
            json.WritePropertyName(key);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                json.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue:
                WriteNumber(json, value.NumberValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.StructValue:
                WriteStruct(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                json.WriteStartArray();
                foreach (Value item in value.ListValue.Values)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, double number)
    {
        // Whole numbers up to 2^53 are exact; written as integers they never turn into 1E+16.
        if (Math.Abs(number) <= 9007199254740992 && number == Math.Truncate(number))
        {
            json.WriteNumberValue((long)number);
        }
        else if (double.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(number.ToString(null, null));
        }
    }
}
