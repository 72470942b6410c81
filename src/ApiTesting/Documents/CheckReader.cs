using System.Text.RegularExpressions;
using System.Xml.XPath;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads checks.</summary>
internal static class CheckReader
{
    private static readonly string[] Subjects = ["status", "header", "cookie", "jsonpath", "body", "time_ms", "size", "xpath", "schema", "expression", "exit_code", "output", "stderr", "redirects"];

    public static Check Read(DocumentNode node)
    {
        if (node.IsText)
        {
            return new ExpressionCheck(CaseReader.Formula(node));
        }

        _ = node.Only([.. Subjects, .. Comparison.Words, "name", "at", "all"]);
        string[] named = [.. Subjects.Where(node.Has)];
        if (named.Length != 1)
        {
            throw node.Wrong($"must have exactly one of {string.Join(", ", Subjects)}");
        }

        return Of(named[0], node, node.Require(named[0]));
    }

    /// <summary>A JSONPath; an error names the place.</summary>
    public static JsonPathQuery Path(DocumentNode node)
    {
        try
        {
            return JsonPathQuery.Parse(node.Text());
        }
        catch (JsonPathException wrong)
        {
            throw node.Wrong(wrong.Message);
        }
    }

    /// <summary>A regular expression; an error names the place.</summary>
    public static Regex Pattern(DocumentNode node) => Compiled(node, SafeRegex.Compile);

    /// <summary>An XPath; an error names the place.</summary>
    public static XPathExpression XPathOf(DocumentNode node) => Compiled(node, XPath.Compile);

    private static Check Of(string subject, DocumentNode node, DocumentNode value)
    {
        switch (subject)
        {
            case "status":
                return new StatusCheck(value.IsArray ? [.. value.Items().Select(Status)] : [Status(value)]);
            case "header":
                string header = value.Name();
                return new ValueCheck(subject, header, a => Extraction.ByHeader(a.Header(header)), Comparison.ReadAll(node));
            case "cookie":
                string cookie = value.Name();
                return new ValueCheck(subject, cookie, a => Extraction.ByHeader(a.Cookie(cookie)), Comparison.ReadAll(node));
            case "jsonpath":
                return new JsonPathCheck(Path(value), node.Get("all")?.Boolean() ?? false, Comparison.ReadAll(node));
            case "xpath":
                XPathExpression query = XPathOf(value);
                return new ValueCheck(subject, value.Text(), a => XPath.Read(query, a.Text), Comparison.ReadAll(node));
            case "schema":
                return new SchemaCheck(JsonSchema.Read(value.Json, value.Place), node.Get("at") is { } at ? Path(at) : null);
            case "expression":
                return new ExpressionCheck(CaseReader.Formula(value));
            default:
                return new ValueCheck(subject, "", Reader(subject), Nested(value));
        }
    }

    private static Func<Answer, Value> Reader(string subject) => subject switch
    {
        "time_ms" => a => Value.Of(Math.Round(a.Milliseconds, 3)),
        "size" => a => Value.Of((double)a.Size),
        "exit_code" => a => a.ExitCode is { } code ? Value.Of((double)code) : Value.Missing,
        "stderr" => a => a.ErrorText,
        "redirects" => a => Value.Of((double)a.Redirects),
        _ => a => Value.Of(a.Text),
    };

    /// <summary>Comparisons under the subject itself, e.g. <c>time_ms: {lte: 500}</c>; a plain value is <c>equals</c>.</summary>
    private static List<Comparison> Nested(DocumentNode value) => value.IsObject ? Comparison.ReadAll(value.Only(Comparison.Words)) : [Comparison.Equal(value)];

    private static string Status(DocumentNode node)
    {
        string status = node.Text();
        bool known = status.Length == 3 && status[0] is >= '1' and <= '5' && (status.EndsWith("xx", StringComparison.Ordinal) || (char.IsAsciiDigit(status[1]) && char.IsAsciiDigit(status[2])));
        return known ? status : throw node.Wrong($"'{status}' is no status; write 200, 2xx or a list of them");
    }

    private static T Compiled<T>(DocumentNode node, Func<string, T> compile)
    {
        try
        {
            return compile(node.Text());
        }
        catch (FormatException wrong)
        {
            throw node.Wrong(wrong.Message);
        }
    }
}
