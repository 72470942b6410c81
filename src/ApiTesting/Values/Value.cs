using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orbit.ApiTesting.Values;

/// <summary>What a value is.</summary>
public enum ValueKind
{
    /// <summary>Nothing is there; not the same as null.</summary>
    Missing,

    /// <summary>JSON null.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A JSON array.</summary>
    Array,

#pragma warning disable CA1720 // the word of JSON
    /// <summary>A JSON object.</summary>
    Object,
#pragma warning restore CA1720
}

/// <summary>A value of JSONPath, expressions, variables and assertions. Numbers keep the text they came with, so that nothing is rounded on the way through.</summary>
public readonly struct Value
{
    private readonly string? _text;
    private readonly double _number;
    private readonly JsonElement _json;

    private Value(ValueKind kind, string? text = null, double number = 0, JsonElement json = default) =>
        (Kind, _text, _number, _json) = (kind, text, number, json);

    /// <summary>Nothing.</summary>
    public static Value Missing => default;

    /// <summary>JSON null.</summary>
    public static Value Null => new(ValueKind.Null);

    /// <summary>What it is.</summary>
    public ValueKind Kind { get; }

    /// <summary>True unless missing.</summary>
    public bool Exists => Kind is not ValueKind.Missing;

    /// <summary>The number; NaN for anything else.</summary>
    public double Number => Kind is ValueKind.Number ? _number : double.NaN;

    /// <summary>The array or object.</summary>
    public JsonElement Json => _json;

    /// <summary>True for true.</summary>
    public bool IsTrue => Kind is ValueKind.Boolean && _number != 0;

    /// <summary>A boolean.</summary>
    public static Value Of(bool value) => new(ValueKind.Boolean, number: value ? 1 : 0);

    /// <summary>A number.</summary>
    public static Value Of(double value) => new(ValueKind.Number, number: value);

    /// <summary>Text.</summary>
    public static Value Of(string value) => new(ValueKind.Text, value);

    /// <summary>A piece of JSON.</summary>
    public static Value Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Undefined => Missing,
        JsonValueKind.Null => Null,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.Number => new(ValueKind.Number, json.GetRawText(), json.TryGetDouble(out double number) ? number : double.NaN),
        JsonValueKind.String => Of(JsonText.TextOf(json)),
        JsonValueKind.Array => new(ValueKind.Array, json: json),
        _ => new(ValueKind.Object, json: json),
    };

    /// <summary>The same value, independent of the document that it came from.</summary>
    public Value Detached() => Kind is ValueKind.Array or ValueKind.Object ? new(Kind, json: _json.Clone()) : this;

    /// <summary>As people and templates see it: text as it is, everything else as JSON; empty when missing.</summary>
    public override string ToString() => Kind switch
    {
        ValueKind.Missing => "",
        ValueKind.Text => _text!,
        _ => ToJson(),
    };

    /// <summary>As JSON; <c>null</c> when missing.</summary>
    public string ToJson() => Kind switch
    {
        ValueKind.Missing or ValueKind.Null => "null",
        ValueKind.Boolean => IsTrue ? "true" : "false",
        ValueKind.Number => _text ?? (double.IsFinite(_number) ? _number.ToString("R", CultureInfo.InvariantCulture) : "null"),
        ValueKind.Text => JsonText.Quote(_text!),
        _ => _json.GetRawText(),
    };

    /// <summary>Equality as JSON has it: kinds must agree; 1 equals 1.0; whole numbers are compared exactly.</summary>
    public bool Same(Value other)
    {
        if (Kind != other.Kind)
        {
            return false;
        }

        return Kind switch
        {
            ValueKind.Missing or ValueKind.Null => true,
            ValueKind.Boolean => _number == other._number,
            ValueKind.Number => CompareNumbers(other) == 0,
            ValueKind.Text => string.Equals(_text, other._text, StringComparison.Ordinal),
            _ => JsonElement.DeepEquals(_json, other._json),
        };
    }

    /// <summary>Order of two numbers or two texts (by code point); null where there is none.</summary>
    public int? Compare(Value other) => (Kind, other.Kind) switch
    {
        (ValueKind.Number, ValueKind.Number) => CompareNumbers(other),
        (ValueKind.Text, ValueKind.Text) => CompareText(_text!, other._text!),
        _ => null,
    };

    /// <summary>Characters of a text (code points), elements of an array, members of an object; null for others.</summary>
    public int? Length => Kind switch
    {
        ValueKind.Text => CodePoints(_text!),
        ValueKind.Array => _json.GetArrayLength(),
        ValueKind.Object => _json.GetPropertyCount(),
        _ => null,
    };

    private int? CompareNumbers(Value other)
    {
        if (_text is not null && other._text is not null && long.TryParse(_text, CultureInfo.InvariantCulture, out long mine) && long.TryParse(other._text, CultureInfo.InvariantCulture, out long theirs))
        {
            return mine.CompareTo(theirs);
        }

        return double.IsNaN(_number) || double.IsNaN(other._number) ? null : _number.CompareTo(other._number) is var order && _number == other._number ? 0 : order;
    }

    private static int CompareText(string left, string right)
    {
        StringRuneEnumerator a = left.EnumerateRunes();
        StringRuneEnumerator b = right.EnumerateRunes();
        while (true)
        {
            bool more = a.MoveNext();
            if (!b.MoveNext())
            {
                return more ? 1 : 0;
            }

            if (!more)
            {
                return -1;
            }

            if (a.Current != b.Current)
            {
                return a.Current.CompareTo(b.Current);
            }
        }
    }

    private static int CodePoints(string text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
