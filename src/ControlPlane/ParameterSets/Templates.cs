using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>
/// Templates in parameters: <c>${build.build_number}</c> and the like. <c>$${</c> stands for a literal <c>${</c>. Values are put in once
/// and never looked at again, so that a value from CI cannot bring a template of its own.
/// </summary>
internal static partial class Templates
{
    /// <summary>Prefix of the templates that name a build's label.</summary>
    public const string LabelPrefix = "build.labels.";

    /// <summary>The names there are, beside the build's labels.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["build.build_number", "build.package_path", "build.job_name", "build.build_user", "run.id"];

    /// <summary>What is wrong with the templates of a text; null when nothing is.</summary>
    public static string? Problem(string text)
    {
        foreach (Match match in Template().Matches(text))
        {
            if (match.Value == "$${")
            {
                continue;
            }

            if (!match.Value.EndsWith('}'))
            {
                return "a text in which every ${ is closed by } (write $${ for a literal ${)";
            }

            if (!IsKnown(match.Groups["name"].Value))
            {
                return $"one of the templates {string.Join(", ", Names.Select(n => $"${{{n}}}"))} or ${{build.labels.NAME}}, not '{Shorten(match.Value)}'";
            }
        }

        return null;
    }

    /// <summary>The text with every template replaced by a plain digit, to look at its form.</summary>
    public static string Sample(string text) => Template().Replace(text, match => match.Value == "$${" ? "${" : "1");

    /// <summary>The text with every template replaced; names without a value are told.</summary>
    public static string Render(string text, IReadOnlyDictionary<string, string> values, ICollection<string> missing) =>
        Template().Replace(text, match =>
        {
            if (match.Value == "$${")
            {
                return "${";
            }

            string name = match.Groups["name"].Value;
            if (values.TryGetValue(name, out string? value))
            {
                return value;
            }

            missing.Add(name);
            return "";
        });

    /// <summary>A JSON object with every template in its strings replaced; keys are left as they are.</summary>
    /// <exception cref="Platform.OrbitException">PARAMETERS_INVALID names every path whose template has no value in this run.</exception>
    public static string RenderAll(string json, IReadOnlyDictionary<string, string> values)
    {
        var problems = new ParameterProblems();
        JsonObject rendered = Rendered(ParameterJson.Read(json), values, "", problems);
        problems.ThrowIfAny();
        return rendered.ToJsonString(ParameterJson.Readable);
    }

    private static JsonObject Rendered(JsonObject node, IReadOnlyDictionary<string, string> values, string path, ParameterProblems problems)
    {
        var result = new JsonObject();
        foreach ((string key, JsonNode? inner) in node)
        {
            result[key] = Rendered(inner, values, ParameterJson.Below(path, key), problems);
        }

        return result;
    }

    private static JsonNode? Rendered(JsonNode? node, IReadOnlyDictionary<string, string> values, string path, ParameterProblems problems)
    {
        switch (node)
        {
            case JsonObject inner:
                return Rendered(inner, values, path, problems);
            case JsonArray list:
                return new JsonArray([.. list.Select((item, at) => Rendered(item, values, $"{path}[{at}]", problems))]);
            case JsonValue value when value.TryGetValue(out string? text):
                var missing = new List<string>();
                string rendered = Render(text, values, missing);
                foreach (string name in missing)
                {
                    problems.Add(path, $"a template that has a value in this run; ${{{Shorten(name)}}} has none");
                }

                return JsonValue.Create(rendered);
            default:
                return node?.DeepClone();
        }
    }

    private static bool IsKnown(string name) =>
        Names.Contains(name, StringComparer.Ordinal)
        || (name.StartsWith(LabelPrefix, StringComparison.Ordinal) && name.Length > LabelPrefix.Length);

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";

    [GeneratedRegex(@"\$\$\{|\$\{(?<name>[^{}$]*)\}|\$\{", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Template();
}
