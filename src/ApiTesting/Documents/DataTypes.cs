using System.Globalization;
using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Types of columns.</summary>
public static class DataTypes
{
    /// <summary>All of them. <c>auto</c>: a number where the text is one as JSON writes it, text otherwise.</summary>
    public static string[] Names => ["auto", "text", "number", "integer", "boolean", "json"];

    /// <summary>True when a value is of a type; nothing (null) is of every type.</summary>
    public static bool Fits(Value value, string type) => value.Kind is ValueKind.Null || type switch
    {
        "text" => value.Kind is ValueKind.Text,
        "number" => value.Kind is ValueKind.Number,
        "integer" => value.Kind is ValueKind.Number && value.Number == Math.Floor(value.Number),
        "boolean" => value.Kind is ValueKind.Boolean,
        _ => true,
    };

    /// <summary>The value of a cell.</summary>
    /// <exception cref="DocumentException">The text does not fit the type.</exception>
    public static Value Parse(string text, string type, string place)
    {
        switch (type)
        {
            case "text":
                return Value.Of(text);
            case "auto":
                return YamlText.IsNumber(text) ? Value.Of(JsonText.Parse(text)) : Value.Of(text);
            case "boolean":
                return bool.TryParse(text, out bool flag) ? Value.Of(flag) : throw new DocumentException(place, $"'{text}' is neither true nor false");
            case "integer":
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
                    ? Value.Of(JsonText.Parse(whole.ToString(CultureInfo.InvariantCulture)))
                    : throw new DocumentException(place, $"'{text}' is no whole number");
            case "number":
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                    ? YamlText.IsNumber(text) ? Value.Of(JsonText.Parse(text)) : Value.Of(number)
                    : throw new DocumentException(place, $"'{text}' is no number");
            default:
                try
                {
                    return Value.Of(JsonText.Parse(text));
                }
                catch (JsonException wrong)
                {
                    throw new DocumentException(place, $"no JSON: {wrong.Message}");
                }
        }
    }
}
