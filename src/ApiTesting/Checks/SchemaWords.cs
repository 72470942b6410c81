using System.Globalization;
using System.Net;
using System.Text.Json;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Checks;

/// <summary>The small rules of JSON Schema.</summary>
internal static class SchemaWords
{
    public static bool IsType(JsonElement types, JsonElement value) => types.ValueKind is JsonValueKind.Array
        ? types.EnumerateArray().Any(t => IsOne(t.ToString(), value))
        : IsOne(types.ToString(), value);

    public static string Types(JsonElement types) => types.ValueKind is JsonValueKind.Array ? string.Join(" or ", types.EnumerateArray()) : types.ToString();

    public static string? NumberProblem(JsonElement rules, double value)
    {
        bool openLow = rules.TryGetProperty("exclusiveMinimum", out JsonElement above);
        bool openHigh = rules.TryGetProperty("exclusiveMaximum", out JsonElement below);
        if (rules.TryGetProperty("minimum", out JsonElement least) && (value < least.GetDouble() || (openLow && above.ValueKind is JsonValueKind.True && value == least.GetDouble())))
        {
            return $"at least {least}";
        }

        if (rules.TryGetProperty("maximum", out JsonElement most) && (value > most.GetDouble() || (openHigh && below.ValueKind is JsonValueKind.True && value == most.GetDouble())))
        {
            return $"at most {most}";
        }

        if (openLow && above.ValueKind is JsonValueKind.Number && value <= above.GetDouble())
        {
            return $"more than {above}";
        }

        if (openHigh && below.ValueKind is JsonValueKind.Number && value >= below.GetDouble())
        {
            return $"less than {below}";
        }

        return rules.TryGetProperty("multipleOf", out JsonElement step) && Math.Abs((value / step.GetDouble()) - Math.Round(value / step.GetDouble())) > 1e-9 ? $"a multiple of {step}" : null;
    }

    public static string? CountProblem(JsonElement rules, int count, string least, string most, string what)
    {
        if (rules.TryGetProperty(least, out JsonElement low) && count < low.GetDouble())
        {
            return $"at least {low} {what}";
        }

        return rules.TryGetProperty(most, out JsonElement high) && count > high.GetDouble() ? $"at most {high} {what}" : null;
    }

    public static IEnumerable<string> Missing(JsonElement rules, JsonElement value)
    {
        if (rules.TryGetProperty("required", out JsonElement required) && required.ValueKind is JsonValueKind.Array)
        {
            foreach (string name in required.EnumerateArray().Select(JsonText.TextOf).Where(n => !JsonText.TryMember(value, n, out _)))
            {
                yield return name;
            }
        }

        if (!rules.TryGetProperty("dependentRequired", out JsonElement dependent))
        {
            yield break;
        }

        foreach (JsonProperty rule in dependent.EnumerateObject().Where(r => JsonText.TryMember(value, JsonText.NameOf(r), out _)))
        {
            foreach (string name in rule.Value.EnumerateArray().Select(JsonText.TextOf).Where(n => !JsonText.TryMember(value, n, out _)))
            {
                yield return name;
            }
        }
    }

    /// <summary>Formats that are known are checked; others hold, as the standard has it.</summary>
    public static bool IsFormat(string format, string text) => format switch
    {
        "date-time" => text.Length >= 20 && text[10] is 'T' or 't' or ' ' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "time" => TimeOnly.TryParse(text.TrimEnd('Z', 'z'), CultureInfo.InvariantCulture, out _),
        "email" => text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1 && !text.Contains(' ', StringComparison.Ordinal),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "uri-reference" => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
        "ipv4" => text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out IPAddress? four) && four.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork,
        "ipv6" => IPAddress.TryParse(text, out IPAddress? six) && six.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6,
        "byte" => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        _ => true,
    };

    private static bool IsOne(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        "string" => value.ValueKind is JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind is JsonValueKind.Null,
        "number" => value.ValueKind is JsonValueKind.Number,
        "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out double number) && number % 1 == 0,
        _ => true,
    };
}
