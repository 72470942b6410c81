using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Finds fields by the names that callers use and sets them from text, as paths and queries do.</summary>
internal static class FieldPath
{
    /// <summary>The field of a dotted path; a wrong one is a bug in a .proto file.</summary>
    public static FieldDescriptor Resolve(MessageDescriptor message, string path)
    {
        string[] names = path.Split('.');
        foreach (string name in names[..^1])
        {
            message = Find(message, name)?.MessageType ?? throw Missing(message, path);
        }

        return Find(message, names[^1]) ?? throw Missing(message, path);
    }

    /// <summary>By the name of the .proto file, or that name in camel case.</summary>
    public static FieldDescriptor? Find(MessageDescriptor message, string name)
    {
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            if (field.Name == name || field.JsonName == name)
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>Sets a field from the texts that a query or a path has for it: <c>name</c>, <c>outer.name</c> or <c>map[key]</c>.</summary>
    public static void Set(IMessage message, string path, IReadOnlyList<string> texts)
    {
        string[] names = path.Split('.');
        (string last, string? key) = SplitKey(path, ref names);
        foreach (string name in names[..^1])
        {
            FieldDescriptor outer = Find(message.Descriptor, name) is { FieldType: FieldType.Message, IsRepeated: false } found
                ? found
                : throw Unknown(path);
            message = Inner(message, outer);
        }

        FieldDescriptor field = Find(message.Descriptor, last) ?? throw Unknown(path);
        if (field.IsMap != key is not null)
        {
            throw Unknown(path);
        }

        SetField(message, field, path, key, texts);
    }

    /// <summary>The refusal of a field or parameter that is not there.</summary>
    public static OrbitException Unknown(string path) =>
        new(Refusal.Invalid, "UNKNOWN_FIELD", $"There is no field \"{path}\".")
        {
            Details = new Dictionary<string, string> { ["field"] = path },
        };

    private static (string Last, string? Key) SplitKey(string path, ref string[] names)
    {
        int bracket = path.IndexOf('[', StringComparison.Ordinal);
        if (bracket < 0 || !path.EndsWith(']'))
        {
            return (names[^1], null);
        }

        names = path[..bracket].Split('.');
        return (names[^1], path[(bracket + 1)..^1]);
    }

    private static void SetField(IMessage message, FieldDescriptor field, string path, string? key, IReadOnlyList<string> texts)
    {
        if (key is not null)
        {
            FieldDescriptor keys = field.MessageType.FindFieldByNumber(1);
            FieldDescriptor values = field.MessageType.FindFieldByNumber(2);
            ((IDictionary)field.Accessor.GetValue(message))[TextValue.Parse(keys, key, path)] = TextValue.Parse(values, Single(texts, path), path);
            return;
        }

        if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(message);
            foreach (string text in texts)
            {
                list.Add(TextValue.Parse(field, text, path));
            }

            return;
        }

        // "limit=" says nothing about a number.
        string single = Single(texts, path);
        if (single.Length > 0 || field.FieldType is FieldType.String or FieldType.Bytes)
        {
            field.Accessor.SetValue(message, TextValue.Parse(field, single, path));
        }
    }

    private static string Single(IReadOnlyList<string> texts, string path) =>
        texts.Count == 1 ? texts[0] : throw JsonRefusal.Wrong(path, "one value", $"{texts.Count} values");

    private static IMessage Inner(IMessage message, FieldDescriptor field)
    {
        if (field.Accessor.GetValue(message) is IMessage there)
        {
            return there;
        }

        IMessage made = field.MessageType.Parser.ParseFrom([]);
        field.Accessor.SetValue(message, made);
        return made;
    }

    private static InvalidOperationException Missing(MessageDescriptor message, string path) =>
        new($"{message.FullName} has no field \"{path}\", which a REST path names.");
}
