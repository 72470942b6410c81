using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orbit.ApiTesting.Import;

/// <summary>A value in a script: a literal (or a variable, as a template), or an expression of ours; neither: not understood.</summary>
internal sealed partial record PostmanValue(JsonNode? Literal, string? Expression)
{
    public static PostmanValue Read(string text)
    {
        if (Variable().Match(text) is { Success: true } variable)
        {
            string name = variable.Groups["name"].Value;
            return variable.Groups["number"].Success
                ? new(null, Word().IsMatch(name) ? $"number({name})" : $"number(vars[\"{name}\"])")
                : new(JsonValue.Create($"{{{{{name}}}}}"), null);
        }

        string json = text.StartsWith('\'') && text.EndsWith('\'') && text.Length > 1 ? "\"" + text[1..^1].Replace("\\'", "'", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"" : text;
        json = text.StartsWith('[') ? Single().Replace(text, "\"$1\"") : json;
        try
        {
            return new(JsonNode.Parse(json), null);
        }
        catch (JsonException)
        {
            return new(null, null);
        }
    }

    [GeneratedRegex(@"^(?<number>Number\(|parseInt\(|parseFloat\()?\s*pm\.(?:iterationData|environment|variables|collectionVariables|globals)\.get\(\s*[""'](?<name>[^""']+)[""']\s*\)\)?$", RegexOptions.None, 250)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^[A-Za-z_]\w*$", RegexOptions.None, 250)]
    private static partial Regex Word();

    [GeneratedRegex(@"'([^'""\\]*)'", RegexOptions.None, 250)]
    private static partial Regex Single();
}
