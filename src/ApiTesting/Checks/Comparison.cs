using System.Globalization;
using System.Text.RegularExpressions;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Checks;

/// <summary>One comparison of a check: <c>equals</c>, <c>contains</c>, <c>gt</c> …</summary>
internal sealed class Comparison
{
    public static readonly string[] Words =
        ["equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "matches", "not_matches", "exists", "length", "type", "in", "gt", "gte", "lt", "lte"];

    private readonly string _word;
    private readonly Template? _template;
    private readonly Regex? _regex;
    private readonly bool _structured;

    private Comparison(string word, Template? template, Regex? regex, bool structured) =>
        (_word, _template, _regex, _structured) = (word, template, regex, structured);

    /// <summary>Reads every comparison of a map; a check without one asks that the value exists.</summary>
    public static List<Comparison> ReadAll(DocumentNode node)
    {
        var all = new List<Comparison>();
        foreach ((string name, DocumentNode value) in node.Entries())
        {
            if (Words.Contains(name))
            {
                all.Add(Read(name, value));
            }
        }

        return all.Count > 0 ? all : [new("exists", Template.Parse("true", node.Place), null, structured: true)];
    }

    /// <summary>A plain value is <c>equals</c>.</summary>
    public static Comparison Equal(DocumentNode value) => Read("equals", value);

    public CheckResult Apply(string kind, string where, Value actual, VariableScope scope)
    {
        Value expected = Expected(scope);
        (bool passed, string words) = _word switch
        {
            "exists" => (actual.Exists == expected.IsTrue, expected.IsTrue ? "to exist" : "not to exist"),
            "equals" => (Same(actual, expected), $"{expected.ToJson()}"),
            "not_equals" => (actual.Exists && !Same(actual, expected), $"anything but {expected.ToJson()}"),
            "contains" => (Expressions.ExpressionFunctions.Contains(actual, expected), $"to contain {expected.ToJson()}"),
            "not_contains" => (actual.Exists && !Expressions.ExpressionFunctions.Contains(actual, expected), $"not to contain {expected.ToJson()}"),
            "starts_with" => (actual.Exists && actual.ToString().StartsWith(expected.ToString(), StringComparison.Ordinal), $"to start with {expected.ToJson()}"),
            "ends_with" => (actual.Exists && actual.ToString().EndsWith(expected.ToString(), StringComparison.Ordinal), $"to end with {expected.ToJson()}"),
            "matches" => (Matches(actual, expected), $"to match {expected}"),
            "not_matches" => (actual.Exists && !Matches(actual, expected), $"not to match {expected}"),
            "length" => (actual.Length is { } length && Value.Of((double)length).Same(expected), $"length {expected.ToJson()}"),
            "type" => (IsType(actual, expected.ToString()), $"type {expected}"),
            "in" => (Expressions.ExpressionFunctions.Contains(expected, actual), $"one of {expected.ToJson()}"),
            _ => Ordered(actual, expected),
        };
        string shown = _word switch
        {
            "length" when actual.Length is { } n => $"length {n.ToString(CultureInfo.InvariantCulture)}",
            "type" => $"{TypeOf(actual)}",
            _ => actual.Exists ? actual.ToJson() : "nothing there",
        };
        return new(kind, where, CheckResult.Cut(words), CheckResult.Cut(shown), passed);
    }

    private static Comparison Read(string word, DocumentNode value)
    {
        if (word is "matches" or "not_matches")
        {
            Template pattern = value.Template();
            return new(word, pattern, pattern.IsConstant ? Compile(pattern.Render(new(0, 0, TimeProvider.System)), value) : null, structured: false);
        }

        if (word == "in" && !value.IsArray && !value.IsText)
        {
            throw value.Wrong("must be a list");
        }

        if (word == "type")
        {
            _ = value.OneOf("string", "number", "integer", "boolean", "array", "object", "null");
        }

        return value.IsText ? new(word, value.Template(), null, structured: false) : new(word, Template.ParseJson(value.Json, value.Place), null, structured: true);
    }

    private static Regex Compile(string pattern, DocumentNode at)
    {
        try
        {
            return SafeRegex.Compile(pattern);
        }
        catch (FormatException wrong)
        {
            throw at.Wrong(wrong.Message);
        }
    }

    private Value Expected(VariableScope scope) =>
        _structured ? Value.Of(JsonText.Parse(_template!.Render(scope))) : _template!.Evaluate(scope);

    private bool Matches(Value actual, Value expected) =>
        actual.Exists && (_regex ?? SafeRegex.Compile(expected.ToString())).IsMatch(actual.ToString());

    /// <summary>A text from a header or a variable equals the number that it spells.</summary>
    private static bool Same(Value actual, Value expected) => actual.Same(expected);

    private (bool Passed, string Words) Ordered(Value actual, Value expected)
    {
        string symbol = _word switch { "gt" => ">", "gte" => "≥", "lt" => "<", _ => "≤" };
        int? order = Number(actual) is { } a && Number(expected) is { } b ? a.CompareTo(b) : null;
        bool passed = _word switch { "gt" => order > 0, "gte" => order >= 0, "lt" => order < 0, _ => order <= 0 };
        return (passed, $"{symbol} {expected.ToJson()}");
    }

    private static double? Number(Value value) => value.Kind switch
    {
        ValueKind.Number => value.Number,
        ValueKind.Text when double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        _ => null,
    };

    private static string TypeOf(Value value) => value.Kind switch
    {
        ValueKind.Missing => "nothing there",
        ValueKind.Text => "string",
        ValueKind.Number => value.Number % 1 == 0 ? "integer" : "number",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    private static bool IsType(Value value, string type) => TypeOf(value) == type || (type == "number" && value.Kind is ValueKind.Number);
}
