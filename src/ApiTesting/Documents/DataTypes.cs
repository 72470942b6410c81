using System.Globalization;
using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Types of columns.</summary>
public static class DataTypes
{
    /// <summary>All of them. <c>auto</c>: a number where the text is one as JSON writes it, text otherwise.</summary>
    public static string[] Names => ["auto", "text", "number", "integer", "boolean", "json"];

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
