using System.Globalization;
using System.Text.Json;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Expressions;

/// <summary>The functions of expressions. Pure: nothing outside the arguments is read or changed.</summary>
internal static class ExpressionFunctions
{
    private const int LongestText = 1024 * 1024;

    private static readonly Dictionary<string, (int Least, int Most)> Known = new(StringComparer.Ordinal)
    {
        ["length"] = (1, 1),
        ["number"] = (1, 1),
        ["text"] = (1, 1),
        ["json"] = (1, 1),
        ["parse"] = (1, 1),
        ["lower"] = (1, 1),
        ["upper"] = (1, 1),
        ["trim"] = (1, 1),
        ["starts_with"] = (2, 2),
        ["ends_with"] = (2, 2),
        ["contains"] = (2, 2),
        ["matches"] = (2, 2),
        ["replace"] = (3, 3),
        ["split"] = (2, 2),
        ["substring"] = (2, 3),
        ["exists"] = (1, 1),
        ["type"] = (1, 1),
        ["abs"] = (1, 1),
        ["round"] = (1, 2),
        ["floor"] = (1, 1),
        ["ceil"] = (1, 1),
        ["min"] = (1, 16),
        ["max"] = (1, 16),
        ["sum"] = (1, 1),
        ["first"] = (1, 1),
        ["last"] = (1, 1),
        ["keys"] = (1, 1),
        ["path"] = (2, 2),
        ["coalesce"] = (1, 16),
    };

    public static string Require(string name, int at) => Known.ContainsKey(name)
        ? name
        : throw new ExpressionException($"there is no function '{name}'; known are {string.Join(", ", Known.Keys)}", at);

    public static Value Call(string name, Value[] arguments, int at)
    {
        (int least, int most) = Known[name];
        if (arguments.Length < least || arguments.Length > most)
        {
            throw new ExpressionException($"{name} takes {(least == most ? $"{least}" : $"{least} to {most}")} argument(s), not {arguments.Length}", at);
        }

        Value one = arguments[0];
        return name switch
        {
            "length" => one.Length is { } length ? Value.Of((double)length) : Value.Missing,
            "number" => ToNumber(one, at),
            "text" => Value.Of(one.ToString()),
            "json" => Value.Of(one.ToJson()),
            "parse" => Parsed(one, at),
            "exists" => Value.Of(one.Exists),
            "type" => Value.Of(one.Kind.ToString().ToLowerInvariant()),
            "first" => Element(one, last: false),
            "last" => Element(one, last: true),
            "keys" => Keys(one),
            "path" => Path(one, arguments[1], at),
            "coalesce" => arguments.FirstOrDefault(a => a.Kind is not (ValueKind.Missing or ValueKind.Null)),
            "contains" => Value.Of(Contains(one, arguments[1])),
            "matches" => Value.Of(SafeRegex.Compile(arguments[1].ToString()).IsMatch(one.ToString())),
            "min" or "max" or "sum" or "abs" or "round" or "floor" or "ceil" => Numeric(name, arguments, at),
            _ => Textual(name, arguments, at),
        };
    }

    public static bool Contains(Value whole, Value part) => whole.Kind switch
    {
        ValueKind.Text => whole.ToString().Contains(part.ToString(), StringComparison.Ordinal),
        ValueKind.Array => whole.Json.EnumerateArray().Any(e => Value.Of(e).Same(part)),
        ValueKind.Object => part.Kind is ValueKind.Text && JsonText.TryMember(whole.Json, part.ToString(), out _),
        _ => false,
    };

    public static Value Join(Value left, Value right) => Bounded(left.ToString() + right.ToString());

    private static Value Bounded(string text) => text.Length <= LongestText
        ? Value.Of(text)
        : throw new ExpressionException($"a text may have {LongestText} characters");

    private static Value ToNumber(Value value, int at)
    {
        if (value.Kind is ValueKind.Number)
        {
            return value;
        }

        return double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? Value.Of(number)
            : throw new ExpressionException($"'{Cut(value)}' is no number", at);
    }

    private static Value Parsed(Value value, int at)
    {
        try
        {
            return Value.Of(JsonText.Parse(value.ToString()));
        }
        catch (JsonException wrong)
        {
            throw new ExpressionException($"no JSON: {wrong.Message}", at);
        }
    }

    private static Value Element(Value of, bool last)
    {
        int count = of.Kind is ValueKind.Array ? of.Json.GetArrayLength() : 0;
        return count == 0 ? Value.Missing : Value.Of(of.Json[last ? count - 1 : 0]);
    }

    private static Value Keys(Value of) => of.Kind is ValueKind.Object
        ? Value.Of(JsonText.Parse("[" + string.Join(',', of.Json.EnumerateObject().Select(m => JsonText.Quote(JsonText.NameOf(m)))) + "]"))
        : Value.Missing;

    private static Value Path(Value of, Value path, int at)
    {
        try
        {
            return of.Kind is ValueKind.Array or ValueKind.Object ? JsonPathQuery.Parse(path.ToString()).First(of.Json) : Value.Missing;
        }
        catch (JsonPathException wrong)
        {
            throw new ExpressionException(wrong.Message, at);
        }
    }

    private static Value Numeric(string name, Value[] arguments, int at)
    {
        IEnumerable<Value> all = arguments is [{ Kind: ValueKind.Array } list] ? list.Json.EnumerateArray().Select(e => Value.Of(e)) : arguments;
        double[] numbers = [.. all.Select(v => ToNumber(v, at).Number)];
        if (numbers.Length == 0)
        {
            return name == "sum" ? Value.Of(0d) : Value.Missing;
        }

        return Value.Of(name switch
        {
            "min" => numbers.Min(),
            "max" => numbers.Max(),
            "sum" => numbers.Sum(),
            "abs" => Math.Abs(numbers[0]),
            "floor" => Math.Floor(numbers[0]),
            "ceil" => Math.Ceiling(numbers[0]),
            _ => Math.Round(numbers[0], numbers.Length > 1 ? (int)Math.Clamp(numbers[1], 0, 15) : 0, MidpointRounding.AwayFromZero),
        });
    }

    private static Value Textual(string name, Value[] arguments, int at)
    {
        string text = arguments[0].ToString();
        return name switch
        {
            "lower" => Value.Of(text.ToLowerInvariant()),
            "upper" => Value.Of(text.ToUpperInvariant()),
            "trim" => Value.Of(text.Trim()),
            "starts_with" => Value.Of(text.StartsWith(arguments[1].ToString(), StringComparison.Ordinal)),
            "ends_with" => Value.Of(text.EndsWith(arguments[1].ToString(), StringComparison.Ordinal)),
            "replace" when arguments[1].ToString().Length == 0 => throw new ExpressionException("replace needs a text to look for", at),
            "replace" => Replaced(text, arguments[1].ToString(), arguments[2].ToString()),
            "split" => Value.Of(JsonText.Parse("[" + string.Join(',', text.Split(arguments[1].ToString()).Select(JsonText.Quote)) + "]")),
            _ => Part(text, arguments, at),
        };
    }

    private static Value Replaced(string text, string what, string by)
    {
        long growth = (long)(text.Length / what.Length) * Math.Max(0, by.Length - what.Length);
        return text.Length + growth > LongestText ? throw new ExpressionException($"a text may have {LongestText} characters") : Value.Of(text.Replace(what, by, StringComparison.Ordinal));
    }

    private static Value Part(string text, Value[] arguments, int at)
    {
        int start = (int)Math.Clamp(ToNumber(arguments[1], at).Number, 0, text.Length);
        int count = arguments.Length > 2 ? (int)Math.Clamp(ToNumber(arguments[2], at).Number, 0, text.Length - start) : text.Length - start;
        return Value.Of(text.Substring(start, count));
    }

    private static string Cut(Value value) => value.ToString() is { Length: > 60 } text ? text[..60] + "…" : value.ToString();
}
