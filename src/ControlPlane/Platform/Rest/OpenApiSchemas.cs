using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>JSON Schemas of messages and enums, collected as they are asked for.</summary>
internal sealed class OpenApiSchemas(ProtoComments comments)
{
    /// <summary>Name of the schema of all errors.</summary>
    public const string Error = "Error";

    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal)
    {
        [Error] = new()
        {
            ["type"] = "object",
            ["required"] = new JsonArray("code", "message", "reason", "details"),
            ["properties"] = new JsonObject
            {
                ["code"] = Typed("string", description: "gRPC status by name."),
                ["message"] = Typed("string", description: "A sentence for people."),
                ["reason"] = Typed("string", description: "A stable code for programs."),
                ["details"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = Typed("string") },
            },
        },
    };

    /// <summary>A reference to a component.</summary>
    public static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>All schemas that were asked for.</summary>
    public JsonObject Components()
    {
        var all = new JsonObject();
        foreach ((string name, JsonObject schema) in _components)
        {
            all[name] = schema;
        }

        return all;
    }

    /// <summary>Schema of a field, lists and maps included.</summary>
    public JsonNode Of(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = Single(field.MessageType.FindFieldByNumber(2)) };
        }

        return field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = Single(field) } : Single(field);
    }

    /// <summary>Schema of a message.</summary>
    public JsonNode Of(MessageDescriptor type)
    {
        switch (type.FullName)
        {
            case "google.protobuf.Timestamp":
                return Typed("string", "date-time");
            case "google.protobuf.Duration":
                return new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9]+(\\.[0-9]{1,9})?s$" };
            case "google.protobuf.FieldMask":
                return Typed("string");
            case "google.protobuf.Struct":
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = true };
            case "google.protobuf.ListValue":
                return Typed("array");
            case "google.protobuf.Value":
                return new JsonObject();
            case var _ when WellKnown.IsWrapper(type):
                return Single(type.FindFieldByNumber(1));
        }

        if (!_components.ContainsKey(type.FullName))
        {
            var schema = new JsonObject { ["type"] = "object" };
            _components[type.FullName] = schema; // before its fields, which may lead back to it
            Describe(schema, type.FullName);
            var properties = new JsonObject();
            foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
            {
                // Beside a reference a description is allowed from 3.1 on.
                JsonNode property = Of(field);
                Describe(property.AsObject(), field.FullName);
                properties[field.Name] = property;
            }

            schema["properties"] = properties;
        }

        return Reference(type.FullName);
    }

    private static JsonObject Typed(string type, string? format = null, string? description = null)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null)
        {
            schema["format"] = format;
        }

        if (description is not null)
        {
            schema["description"] = description;
        }

        return schema;
    }

    private JsonNode Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => Typed("string"),
        FieldType.Bool => Typed("boolean"),
        FieldType.Double => Typed("number", "double"),
        FieldType.Float => Typed("number", "float"),
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Typed("integer", "int64"),
        FieldType.UInt64 or FieldType.Fixed64 => new JsonObject { ["type"] = "integer", ["format"] = "uint64", ["minimum"] = 0 },
        FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["format"] = "uint32", ["minimum"] = 0 },
        FieldType.Enum => Enum(field.EnumType),
        FieldType.Message or FieldType.Group => Of(field.MessageType),
        _ => Typed("integer", "int32"),
    };

    private JsonObject Enum(EnumDescriptor type)
    {
        if (!_components.ContainsKey(type.FullName))
        {
            var schema = new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. EnumNames.Of(type).Names.Select(name => (JsonNode)name)]),
            };
            _components[type.FullName] = schema;
            string text = string.Join('\n', type.Values
                .Select(value => (Name: EnumNames.Of(type).NameOf(value.Number), Comment: comments.Of($"{type.FullName}.{value.Name}")))
                .Where(value => value.Comment is not null)
                .Select(value => $"- `{value.Name}`: {value.Comment}")
                .Prepend(comments.Of(type.FullName))
                .OfType<string>());
            if (text.Length > 0)
            {
                schema["description"] = text;
            }
        }

        return Reference(type.FullName);
    }

    private void Describe(JsonObject schema, string name)
    {
        if (comments.Of(name) is { } comment)
        {
            schema["description"] = comment;
        }
    }
}
