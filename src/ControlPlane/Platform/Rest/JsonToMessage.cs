using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Reads messages from JSON. What does not fit is refused by the path of the field; nothing is guessed or dropped.</summary>
internal static class JsonToMessage
{
    /// <summary>A new message of this type.</summary>
    public static IMessage Read(MessageDescriptor type, JsonElement json, string path = "")
    {
        IMessage message = type.Parser.ParseFrom([]);
        Merge(message, json, path);
        return message;
    }

    /// <summary>One field's value, a list or a map included.</summary>
    public static void SetField(IMessage message, FieldDescriptor field, JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Null && field is not { FieldType: FieldType.Message, MessageType.FullName: "google.protobuf.Value" })
        {
            return; // null is "not given"
        }

        if (field.IsMap)
        {
            SetMap((IDictionary)field.Accessor.GetValue(message), field, json, path);
        }
        else if (field.IsRepeated)
        {
            Require(json, JsonValueKind.Array, "a list", path);
            var list = (IList)field.Accessor.GetValue(message);
            foreach (JsonElement item in json.EnumerateArray())
            {
                list.Add(Single(field, item, $"{path}[{list.Count}]"));
            }
        }
        else
        {
            field.Accessor.SetValue(message, Single(field, json, path));
        }
    }

    private static void Merge(IMessage message, JsonElement json, string path)
    {
        Require(json, JsonValueKind.Object, "an object", path);
        var given = new HashSet<FieldDescriptor>();
        var alternatives = new HashSet<OneofDescriptor>();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string name = NameOf(property, path);
            string inner = path.Length == 0 ? name : $"{path}.{name}";
            FieldDescriptor field = FieldPath.Find(message.Descriptor, name) ?? throw FieldPath.Unknown(inner);
            if (!given.Add(field))
            {
                throw JsonRefusal.Broken($"\"{inner}\" is there twice.");
            }

            if (field.RealContainingOneof is { } oneof && property.Value.ValueKind != JsonValueKind.Null && !alternatives.Add(oneof))
            {
                throw new OrbitException(
                    Refusal.Invalid, "FIELDS_EXCLUDE_EACH_OTHER", $"Only one of {string.Join(", ", oneof.Fields.Select(each => each.Name))} can be given.");
            }

            SetField(message, field, property.Value, inner);
        }
    }

    private static void SetMap(IDictionary map, FieldDescriptor field, JsonElement json, string path)
    {
        Require(json, JsonValueKind.Object, "an object", path);
        FieldDescriptor keys = field.MessageType.FindFieldByNumber(1);
        FieldDescriptor values = field.MessageType.FindFieldByNumber(2);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string name = NameOf(property, path);
            map[TextValue.Parse(keys, name, path)] = Single(values, property.Value, $"{path}.{name}");
        }
    }

    private static object Single(FieldDescriptor field, JsonElement json, string path) => field.FieldType switch
    {
        FieldType.String => Text(json, "a text", path),
        FieldType.Bytes => TextValue.Bytes(Text(json, "base64", path), path),
        FieldType.Bool when json.ValueKind is JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
        FieldType.Bool => throw JsonRefusal.Wrong(path, "true or false", Kind(json)),
        FieldType.Enum when json.ValueKind == JsonValueKind.Number => TextValue.Enum(field.EnumType, Whole(json), path),
        FieldType.Enum => TextValue.Enum(field.EnumType, Text(json, "a name", path), path),
        FieldType.Message or FieldType.Group => Message(field.MessageType, json, path),
        _ => TextValue.Parse(
            field,
            json.ValueKind switch
            {
                JsonValueKind.Number when field.FieldType is FieldType.Double or FieldType.Float => json.GetRawText(),
                JsonValueKind.Number => Whole(json),
                JsonValueKind.String => Text(json, "a number", path),
                _ => throw JsonRefusal.Wrong(path, "a number", Kind(json)),
            },
            path),
    };

    private static object Message(MessageDescriptor type, JsonElement json, string path) => type.FullName switch
    {
        "google.protobuf.Timestamp" => TextValue.Time(Text(json, "a time", path), path),
        "google.protobuf.Duration" => TextValue.Length(Text(json, "a duration", path), path),
        "google.protobuf.FieldMask" => FieldMask.FromString(Text(json, "field names", path)),
        "google.protobuf.Struct" => Struct(json, path),
        "google.protobuf.Value" => Value(json, path),
        "google.protobuf.ListValue" => List(json, path),
        _ when WellKnown.IsWrapper(type) => Single(type.FindFieldByNumber(1), json, path),
        _ => Read(type, json, path),
    };

    private static Struct Struct(JsonElement json, string path)
    {
        Require(json, JsonValueKind.Object, "an object", path);
        var result = new Struct();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            string name = NameOf(property, path);
            result.Fields[name] = Value(property.Value, $"{path}.{name}");
        }

        return result;
    }

    private static ListValue List(JsonElement json, string path)
    {
        Require(json, JsonValueKind.Array, "a list", path);
        var result = new ListValue();
        foreach (JsonElement item in json.EnumerateArray())
        {
            result.Values.Add(Value(item, $"{path}[{result.Values.Count}]"));
        }

        return result;
    }

    private static Value Value(JsonElement json, string path) => json.ValueKind switch
    {
        JsonValueKind.Object => new() { StructValue = Struct(json, path) },
        JsonValueKind.Array => new() { ListValue = List(json, path) },
        JsonValueKind.String => new() { StringValue = Text(json, "a text", path) },
        JsonValueKind.Number => new() { NumberValue = TextValue.Real(json.GetRawText(), path) },
        JsonValueKind.True or JsonValueKind.False => new() { BoolValue = json.GetBoolean() },
        _ => new() { NullValue = NullValue.NullValue },
    };

    /// <summary>A whole number in plain digits, however JSON wrote it (<c>1.0</c>, <c>1e3</c>); other numbers as they are, to be refused.</summary>
    private static string Whole(JsonElement json) =>
        json.TryGetDecimal(out decimal number) && decimal.Truncate(number) == number
            ? decimal.Truncate(number).ToString(CultureInfo.InvariantCulture)
            : json.GetRawText();

    private static string NameOf(JsonProperty property, string path)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw JsonRefusal.Broken($"a name in \"{path}\" holds half of a surrogate pair.");
        }
    }

    private static string Text(JsonElement json, string wanted, string path)
    {
        try
        {
            return json.ValueKind == JsonValueKind.String ? json.GetString()! : throw JsonRefusal.Wrong(path, wanted, Kind(json));
        }
        catch (InvalidOperationException)
        {
            throw JsonRefusal.Broken($"\"{path}\" holds half of a surrogate pair.");
        }
    }

    private static void Require(JsonElement json, JsonValueKind kind, string wanted, string path)
    {
        if (json.ValueKind != kind)
        {
            throw JsonRefusal.Wrong(path, wanted, Kind(json));
        }
    }

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
