using System.Text;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Variables;

/// <summary>Text with <c>{{name}}</c> in it, compiled once. <c>\{{</c> stands for two braces.</summary>
public sealed class Template
{
    private readonly Part[] _parts;

    private Template(string text, string place, Part[] parts) => (Text, Place, _parts) = (text, place, parts);

    private enum Mode
    {
        /// <summary>Put in as it is.</summary>
        Plain,

        /// <summary>Inside a JSON string: escaped.</summary>
        JsonInside,

        /// <summary>In place of a whole JSON string: as JSON of the variable's own type.</summary>
        JsonWhole,
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Where in the document.</summary>
    public string Place { get; }

    /// <summary>True when it names no variable.</summary>
    public bool IsConstant => _parts.All(p => p.Name is null);

    /// <summary>Names of the variables in it.</summary>
    public IEnumerable<string> Names => _parts.Where(p => p.Name is not null).Select(p => p.Name!);

    /// <summary>Compiles text.</summary>
    /// <exception cref="DocumentException">A brace pair has no end.</exception>
    public static Template Parse(string text, string place) => new(text, place, [.. Cut(text, place, Mode.Plain)]);

    /// <summary>Compiles a JSON value whose strings may hold variables; a string that is one variable alone takes the variable's type.</summary>
    /// <exception cref="DocumentException">A brace pair has no end.</exception>
    public static Template ParseJson(System.Text.Json.JsonElement json, string place)
    {
        var parts = new List<Part>();
        var literal = new StringBuilder();
        AddJson(json, place, parts, literal);
        Flush(parts, literal);
        return new(json.GetRawText(), place, [.. parts]);
    }

    /// <summary>The text with every variable put in.</summary>
    /// <exception cref="VariableException">A variable is unknown.</exception>
    public string Render(VariableScope scope)
    {
        if (_parts.Length == 1)
        {
            return Render(_parts[0], scope);
        }

        var rendered = new StringBuilder(Text.Length + 32);
        foreach (Part part in _parts)
        {
            _ = rendered.Append(Render(part, scope));
        }

        return rendered.ToString();
    }

    /// <summary>The value: of a template that is one variable alone the variable's own, with its type; text otherwise.</summary>
    /// <exception cref="VariableException">A variable is unknown.</exception>
    public Value Evaluate(VariableScope scope) =>
        _parts is [{ Name: { } name }] ? scope.Require(name, Place) : Value.Of(Render(scope));

    /// <inheritdoc />
    public override string ToString() => Text;

    private string Render(Part part, VariableScope scope)
    {
        if (part.Name is null)
        {
            return part.Literal;
        }

        Value value = scope.Require(part.Name, Place);
        return part.Mode switch
        {
            Mode.JsonInside => JsonText.Escape(value.ToString()),
            Mode.JsonWhole => value.ToJson(),
            _ => value.ToString(),
        };
    }

    private static void AddJson(System.Text.Json.JsonElement json, string place, List<Part> parts, StringBuilder literal)
    {
        switch (json.ValueKind)
        {
            case System.Text.Json.JsonValueKind.Object:
                char separator = '{';
                foreach (System.Text.Json.JsonProperty member in json.EnumerateObject())
                {
                    _ = literal.Append(separator).Append(JsonText.Quote(JsonText.NameOf(member))).Append(':');
                    AddJson(member.Value, $"{place}.{JsonText.NameOf(member)}", parts, literal);
                    separator = ',';
                }

                _ = literal.Append(separator == '{' ? "{}" : "}");
                break;
            case System.Text.Json.JsonValueKind.Array:
                int index = 0;
                _ = literal.Append('[');
                foreach (System.Text.Json.JsonElement element in json.EnumerateArray())
                {
                    _ = index > 0 ? literal.Append(',') : literal;
                    AddJson(element, $"{place}[{index++}]", parts, literal);
                }

                _ = literal.Append(']');
                break;
            case System.Text.Json.JsonValueKind.String:
                AddText(JsonText.TextOf(json), place, parts, literal);
                break;
            default:
                _ = literal.Append(json.GetRawText());
                break;
        }
    }

    private static void AddText(string text, string place, List<Part> parts, StringBuilder literal)
    {
        List<Part> inside = Cut(text, place, Mode.JsonInside);
        if (inside is [{ Name: not null } only])
        {
            Flush(parts, literal);
            parts.Add(only with { Mode = Mode.JsonWhole });
            return;
        }

        _ = literal.Append('"');
        foreach (Part part in inside)
        {
            if (part.Name is null)
            {
                _ = literal.Append(JsonText.Escape(part.Literal));
                continue;
            }

            Flush(parts, literal);
            parts.Add(part);
        }

        _ = literal.Append('"');
    }

    private static void Flush(List<Part> parts, StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            parts.Add(new(literal.ToString(), null, Mode.Plain));
            _ = literal.Clear();
        }
    }

    private static List<Part> Cut(string text, string place, Mode mode)
    {
        var parts = new List<Part>();
        var literal = new StringBuilder();
        int at = 0;
        while (at < text.Length)
        {
            int open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                break;
            }

            if (open > at && text[open - 1] == '\\')
            {
                _ = literal.Append(text, at, open - 1 - at).Append("{{");
                at = open + 2;
                continue;
            }

            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            string name = close < 0 ? "" : text[(open + 2)..close].Trim();
            if (name.Length is 0 or > 200 || name.AsSpan().IndexOfAny("{}\"\n") >= 0)
            {
                throw new DocumentException(place, close < 0 ? $"'{{{{' at character {open + 1} has no '}}}}'" : $"'{{{{{name}}}}}' names no variable");
            }

            _ = literal.Append(text, at, open - at);
            Flush(parts, literal);
            parts.Add(new("", name, mode));
            at = close + 2;
        }

        _ = literal.Append(text, at, text.Length - at);
        if (literal.Length > 0 || parts.Count == 0)
        {
            parts.Add(new(literal.ToString(), null, Mode.Plain));
        }

        return parts;
    }

    private sealed record Part(string Literal, string? Name, Mode Mode);
}
