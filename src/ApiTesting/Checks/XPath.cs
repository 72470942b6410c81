using System.Globalization;
using System.Xml;
using System.Xml.XPath;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Checks;

/// <summary>XPath 1.0 over an XML answer. No document types, no outside entities, bounded depth.</summary>
internal static class XPath
{
    private const int DeepestNesting = 256;

    /// <summary>Compiles a query.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static XPathExpression Compile(string query)
    {
        try
        {
            return query.Length <= 1000 && query.Count(c => c is '(' or '[') <= 50 ? XPathExpression.Compile(query) : throw new FormatException("the XPath is too long or nested too deep");
        }
        catch (XPathException wrong)
        {
            throw new FormatException($"the XPath is wrong: {wrong.Message}", wrong);
        }
    }

    /// <summary>The text of the first node, or the value of a function; missing when there is none.</summary>
    public static Value Read(XPathExpression query, string xml)
    {
        object found = Document(xml).CreateNavigator().Evaluate(query.Clone());
        return found switch
        {
            XPathNodeIterator nodes => nodes.MoveNext() ? Value.Of(nodes.Current!.Value) : Value.Missing,
            double number => Value.Of(number),
            bool flag => Value.Of(flag),
            _ => Value.Of(Convert.ToString(found, CultureInfo.InvariantCulture) ?? ""),
        };
    }

    private static XPathDocument Document(string xml)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 16 * 1024 * 1024 };
        try
        {
            using (var depth = XmlReader.Create(new StringReader(xml), settings))
            {
                while (depth.Read())
                {
                    if (depth.Depth > DeepestNesting)
                    {
                        throw new FormatException($"the XML is nested deeper than {DeepestNesting} levels");
                    }
                }
            }

            using var reader = XmlReader.Create(new StringReader(xml), settings);
            return new XPathDocument(reader);
        }
        catch (XmlException wrong)
        {
            throw new FormatException($"the body is no XML: {wrong.Message}", wrong);
        }
    }
}
