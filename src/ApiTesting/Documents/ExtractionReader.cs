using System.Text.RegularExpressions;
using System.Xml.XPath;
using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Documents;

/// <summary>Reads extractions.</summary>
internal static class ExtractionReader
{
    private static readonly string[] Sources = ["jsonpath", "header", "cookie", "regex", "xpath", "expression"];

    public static Extraction Read(DocumentNode node)
    {
        _ = node.Only([.. Sources, "name", "group", "secret", "default"]);
        string[] named = [.. Sources.Where(node.Has)];
        if (named.Length != 1)
        {
            throw node.Wrong($"must have exactly one of {string.Join(", ", Sources)}");
        }

        DocumentNode value = node.Require(named[0]);
        string name = ApiDocumentReader.VariableName(node.Require("name").Name(), node);
        bool secret = node.Get("secret")?.Boolean() ?? (Secrets.Suggests(name) || Secrets.Suggests(LastName(value.Text())));
        Template? otherwise = node.Get("default") is not { } d ? null : d.IsText ? d.Template() : Template.ParseJson(d.Json, d.Place);
        return new(name, secret, $"{named[0]} {value.Text()}", Reader(named[0], node, value), otherwise);
    }

    private static Func<Answer, Value> Reader(string source, DocumentNode node, DocumentNode value)
    {
        switch (source)
        {
            case "jsonpath":
                JsonPathQuery path = CheckReader.Path(value);
                return a => Extraction.ByPath(path, a);
            case "header":
                string header = value.Name();
                return a => Extraction.ByHeader(a.Header(header));
            case "cookie":
                string cookie = value.Name();
                return a => Extraction.ByHeader(a.Cookie(cookie));
            case "regex":
                Regex regex = CheckReader.Pattern(value);
                int group = (int)(node.Get("group")?.Integer(0, 99) ?? (regex.GetGroupNumbers().Length > 1 ? 1 : 0));
                return a => Extraction.ByRegex(regex, group, a);
            case "xpath":
                XPathExpression query = CheckReader.XPathOf(value);
                return a => XPath.Read(query, a.Text);
            default:
                Expression formula = CaseReader.Formula(value);
                return a => Extraction.ByExpression(formula, a);
        }
    }

    /// <summary>The last name of a path: <c>$.user.password</c> speaks of a secret, <c>$.passwords.count</c> does not.</summary>
    private static string LastName(string path)
    {
        int at = path.TrimEnd(']', '\'', '"').LastIndexOfAny(['.', '\'', '"', '/']);
        return path[(at + 1)..];
    }
}
