using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orbit.ApiTesting.Import;

/// <summary>
/// Translates the common idioms of Postman's scripts to checks, extractions and actions, statement by statement. A statement that is none
/// of them is named, never left out in silence.
/// </summary>
internal sealed partial class PostmanScript(string place, List<string> notCovered)
{
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);

    public JsonArray Checks { get; } = [];

    public JsonArray Extractions { get; } = [];

    public JsonArray Actions { get; } = [];

    public void Read(string script)
    {
        foreach (string statement in Statements(script))
        {
            if (!Take(statement))
            {
                notCovered.Add($"{place}: {(statement.Length > 200 ? statement[..200] + "…" : statement)}");
            }
        }
    }

    private bool Take(string statement)
    {
        if (Declaration().Match(statement) is { Success: true } declared)
        {
            return PathOf(declared.Groups["value"].Value) is { } path && _aliases.TryAdd(declared.Groups["name"].Value, path);
        }

        if (Setting().Match(statement) is { Success: true } set)
        {
            return Keep(set.Groups["name"].Value, set.Groups["value"].Value.Trim());
        }

        if (Legacy().Match(statement) is { Success: true } legacy)
        {
            return LegacyTest(legacy.Groups["value"].Value.Trim());
        }

        if (Status().Match(statement) is { Success: true } status)
        {
            Checks.Add(new JsonObject { ["status"] = int.Parse(status.Groups[1].Value, CultureInfo.InvariantCulture) });
            return true;
        }

        return statement switch
        {
            "pm.response.to.be.ok" or "pm.response.to.be.success" => Add(new JsonObject { ["status"] = "2xx" }),
            "pm.response.to.be.json" => Add(new JsonObject { ["header"] = "Content-Type", ["contains"] = "json" }),
            _ when HasHeader().Match(statement) is { Success: true } header => Add(new JsonObject { ["header"] = header.Groups["name"].Value, ["exists"] = true }),
            _ when HasBody().Match(statement) is { Success: true } body => Add(new JsonObject { ["jsonpath"] = "$." + body.Groups["name"].Value, ["exists"] = true }),
            _ when Expectation().Match(statement) is { Success: true } expect => Expect(expect.Groups["of"].Value.Trim(), expect.Groups["chain"].Value, expect.Groups["value"].Value.Trim()),
            _ => false,
        };
    }

    private bool Add(JsonObject check)
    {
        Checks.Add(check);
        return true;
    }

    private bool Keep(string name, string value)
    {
        if (PathOf(value) is { } path)
        {
            Extractions.Add(new JsonObject { ["name"] = name, ["jsonpath"] = path });
            return true;
        }

        if (HeaderGet().Match(value) is { Success: true } header)
        {
            Extractions.Add(new JsonObject { ["name"] = name, ["header"] = header.Groups["name"].Value });
            return true;
        }

        if (PostmanValue.Read(value) is { Literal: { } literal })
        {
            Actions.Add(new JsonObject { ["set"] = new JsonObject { [name] = literal.ToJsonString() } });
            return true;
        }

        return false;
    }

    private bool LegacyTest(string value)
    {
        if (LegacyStatus().Match(value) is { Success: true } status)
        {
            return Add(new JsonObject { ["status"] = int.Parse(status.Groups[1].Value, CultureInfo.InvariantCulture) });
        }

        if (LegacyHas().Match(value) is { Success: true } has)
        {
            return Add(new JsonObject { ["body"] = new JsonObject { ["contains"] = has.Groups["text"].Value } });
        }

        if (LegacyTime().Match(value) is { Success: true } time)
        {
            return Add(new JsonObject { ["time_ms"] = new JsonObject { ["lt"] = int.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture) } });
        }

        return LegacyCompare().Match(value) is { Success: true } compare && Expect(compare.Groups["of"].Value.Trim(), compare.Groups["not"].Success ? "not.eql" : "eql", compare.Groups["value"].Value.Trim());
    }

    private bool Expect(string of, string chain, string value)
    {
        string words = chain.Replace("to.", "", StringComparison.Ordinal).Replace("be.", "", StringComparison.Ordinal).Replace("deep.", "", StringComparison.Ordinal).Replace("have.", "", StringComparison.Ordinal).Replace("that.", "", StringComparison.Ordinal);
        bool not = words.StartsWith("not.", StringComparison.Ordinal);
        words = not ? words[4..] : words;
        if (of is "pm.response.code" or "responseCode.code")
        {
            return !not && StatusOf(words, value);
        }

        if (words == "property" && PathOf(of) is { } parent)
        {
            return Property(parent, not, value);
        }

        if (Comparison(words, not, value) is not { } comparison)
        {
            return false;
        }

        if (comparison.Expression is { } right)
        {
            return PathOf(of) is { } path && Add(new JsonObject { ["expression"] = $"path(body, \"{path.Replace("\"", "'", StringComparison.Ordinal)}\") {(not ? "!=" : "==")} {right}" });
        }

        JsonObject? check = Subject(of, comparison.Word, comparison.Value);
        return check is not null && Add(check);
    }

    private JsonObject? Subject(string of, string word, JsonNode? value)
    {
        JsonNode? copy = value?.DeepClone();
        if (PathOf(of) is { } path)
        {
            return new() { ["jsonpath"] = path, [word] = copy };
        }

        if (HeaderGet().Match(of) is { Success: true } header)
        {
            return new() { ["header"] = header.Groups["name"].Value, [word] = copy };
        }

        return of switch
        {
            "pm.response.responseTime" or "responseTime" => new() { ["time_ms"] = new JsonObject { [word] = copy } },
            "pm.response.text()" or "responseBody" => new() { ["body"] = new JsonObject { [word] = copy } },
            "pm.response.responseSize" => new() { ["size"] = new JsonObject { [word] = copy } },
            _ => null,
        };
    }

    private bool StatusOf(string words, string value)
    {
        if (words is "eql" or "equal" or "equals" or "eq" && int.TryParse(value, CultureInfo.InvariantCulture, out int code))
        {
            return Add(new JsonObject { ["status"] = code });
        }

        return words == "oneOf" && PostmanValue.Read(value).Literal is JsonArray list && Add(new JsonObject { ["status"] = list.DeepClone() });
    }

    private bool Property(string parent, bool not, string value)
    {
        string[] parts = value.Split(',', 2);
        if (PostmanValue.Read(parts[0].Trim()).Literal is not JsonValue name || !name.TryGetValue(out string? key))
        {
            return false;
        }

        string path = $"{parent}['{key.Replace("'", "\\'", StringComparison.Ordinal)}']";
        if (parts.Length == 1)
        {
            return Add(new JsonObject { ["jsonpath"] = path, ["exists"] = !not });
        }

        return !not && PostmanValue.Read(parts[1].Trim()) is { Literal: { } literal } && Add(new JsonObject { ["jsonpath"] = path, ["equals"] = literal });
    }

    private static (string Word, JsonNode? Value, string? Expression)? Comparison(string words, bool not, string value)
    {
        switch (words)
        {
            case "true" or "false":
                return (not ? "not_equals" : "equals", words == "true", null);
            case "null":
                return not ? null : ("type", "null", null);
            case "exist" or "ok" or "undefined":
                return ("exists", not == (words == "undefined"), null);
            case "empty":
                return not ? ("matches", "[\\s\\S]+", null) : ("length", 0, null);
            default:
                break;
        }

        PostmanValue read = PostmanValue.Read(value);
        if (read.Expression is not null)
        {
            return words is "eql" or "equal" or "equals" or "eq" ? ("", null, read.Expression) : null;
        }

        if (read.Literal is null && value != "null")
        {
            return words == "match" && RegexLiteral().Match(value) is { Success: true } regex
                ? (not ? "not_matches" : "matches", (regex.Groups["flags"].Value.Contains('i', StringComparison.Ordinal) ? "(?i)" : "") + regex.Groups["pattern"].Value.Replace("\\/", "/", StringComparison.Ordinal), null)
                : null;
        }

        string? word = (words, not) switch
        {
            ("eql" or "equal" or "equals" or "eq", _) => not ? "not_equals" : "equals",
            ("include" or "includes" or "contain" or "contains" or "string", _) => not ? "not_contains" : "contains",
            ("above" or "gt" or "greaterThan", false) => "gt",
            ("below" or "lt" or "lessThan", false) => "lt",
            ("at.least" or "gte", false) => "gte",
            ("at.most" or "lte", false) => "lte",
            ("a" or "an", false) => "type",
            ("lengthOf" or "length", false) => "length",
            ("oneOf", false) => "in",
            _ => null,
        };
        return word is null ? null : (word, read.Literal, null);
    }

    /// <summary>A path of the answer's JSON; null when the text is none.</summary>
    private string? PathOf(string text)
    {
        string value = text.Trim();
        if (value is "pm.response.json()" or "JSON.parse(responseBody)" or "JSON.parse(pm.response.text())")
        {
            return "$";
        }

        if (value.StartsWith("pm.response.json().", StringComparison.Ordinal))
        {
            return Members("$", value["pm.response.json()".Length..]);
        }

        Match root = Root().Match(value);
        return root.Success && _aliases.TryGetValue(root.Value, out string? path) ? Members(path, value[root.Length..]) : null;
    }

    private static string? Members(string path, string rest) => Chain().IsMatch(rest) ? path + rest.Replace("?.", ".", StringComparison.Ordinal) : null;

    /// <summary>Statements without what wraps them: <c>pm.test("…", () => …)</c>, braces, comments.</summary>
    internal static List<string> Statements(string script)
    {
        string plain = TestHead().Replace(Comments().Replace(script, ""), "\n");
        var statements = new List<string>();
        var statement = new StringBuilder();
        int depth = 0;
        char quote = '\0';
        foreach (char c in plain.Length > 200_000 ? plain[..200_000] : plain)
        {
            if (quote != '\0')
            {
                quote = c == quote && (statement.Length == 0 || statement[^1] != '\\') ? '\0' : quote;
            }
            else if (c is '\'' or '"' or '`')
            {
                quote = c;
            }
            else
            {
                depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
                if ((c is ';' or '\n') && depth <= 0)
                {
                    End(statements, statement);
                    depth = 0;
                    continue;
                }
            }

            _ = statement.Append(c);
        }

        End(statements, statement);
        return statements;
    }

    private static void End(List<string> statements, StringBuilder statement)
    {
        string text = Blanks().Replace(statement.ToString().Trim(), " ").TrimEnd(';', ' ');
        _ = statement.Clear();
        while (text.Length > 0 && text[^1] is ')' or '}' && text.Count(c => c == text[^1]) > text.Count(c => c == (text[^1] == ')' ? '(' : '{')))
        {
            text = text[..^1].TrimEnd(';', ' ');
        }

        if (text.Length > 0 && text is not ("{" or "}" or "\"use strict\"" or "'use strict'"))
        {
            statements.Add(text);
        }
    }

    [GeneratedRegex(@"^(?:var|let|const)\s+(?<name>[A-Za-z_$][\w$]*)\s*=\s*(?<value>.+)$", RegexOptions.None, 250)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^(?:pm\.(?:collectionVariables|environment|globals|variables)\.set|postman\.set(?:Environment|Global)Variable)\(\s*[""'](?<name>[^""']+)[""']\s*,\s*(?<value>.+)\)$", RegexOptions.None, 250)]
    private static partial Regex Setting();

    [GeneratedRegex(@"^tests\[.*?\]\s*=\s*(?<value>.+)$", RegexOptions.None, 250)]
    private static partial Regex Legacy();

    [GeneratedRegex(@"^pm\.response\.to\.have\.status(?:Code)?\(\s*(\d{3})\s*\)$", RegexOptions.None, 250)]
    private static partial Regex Status();

    [GeneratedRegex(@"^pm\.response\.to\.have\.header\(\s*[""'](?<name>[^""']+)[""']\s*\)$", RegexOptions.None, 250)]
    private static partial Regex HasHeader();

    [GeneratedRegex(@"^pm\.response\.to\.have\.jsonBody\(\s*[""'](?<name>[\w.\[\]]+)[""']\s*\)$", RegexOptions.None, 250)]
    private static partial Regex HasBody();

    [GeneratedRegex(@"^pm\.expect\((?<of>.+?)\)\.(?<chain>to\.[A-Za-z.]+?)(?:\((?<value>.*)\))?$", RegexOptions.None, 250)]
    private static partial Regex Expectation();

    [GeneratedRegex(@"^pm\.response\.headers\.get\(\s*[""'](?<name>[^""']+)[""']\s*\)$|^postman\.getResponseHeader\(\s*[""'](?<name>[^""']+)[""']\s*\)$", RegexOptions.None, 250)]
    private static partial Regex HeaderGet();

    [GeneratedRegex(@"^responseCode\.code\s*={2,3}\s*(\d{3})$", RegexOptions.None, 250)]
    private static partial Regex LegacyStatus();

    [GeneratedRegex(@"^responseBody\.has\(\s*[""'](?<text>[^""']*)[""']\s*\)$", RegexOptions.None, 250)]
    private static partial Regex LegacyHas();

    [GeneratedRegex(@"^responseTime\s*<\s*(\d+)$", RegexOptions.None, 250)]
    private static partial Regex LegacyTime();

    [GeneratedRegex(@"^(?<of>[\w.\[\]$]+)\s*(?:={2,3}|(?<not>!={1,2}))\s*(?<value>.+)$", RegexOptions.None, 250)]
    private static partial Regex LegacyCompare();

    [GeneratedRegex(@"^[A-Za-z_$][\w$]*", RegexOptions.None, 250)]
    private static partial Regex Root();

    [GeneratedRegex(@"^(?:\??\.[A-Za-z_]\w*(?!\()|\[\d+\]|\[(?:'[^'\\]*'|""[^""\\]*"")\])*$", RegexOptions.None, 250)]
    private static partial Regex Chain();

    [GeneratedRegex(@"^/(?<pattern>.+)/(?<flags>[a-z]*)$", RegexOptions.None, 250)]
    private static partial Regex RegexLiteral();

    [GeneratedRegex(@"pm\.test\(\s*(?:""[^""]*""|'[^']*'|`[^`]*`)\s*,\s*(?:async\s*)?(?:function\s*\w*\s*\([^)]*\)|\([^)]*\)\s*=>|\w+\s*=>)\s*\{?", RegexOptions.None, 250)]
    private static partial Regex TestHead();

    [GeneratedRegex(@"/\*[\s\S]*?\*/|(?<=^|[\s;{}])//[^\n]*", RegexOptions.None, 250)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s+", RegexOptions.None, 250)]
    private static partial Regex Blanks();
}
