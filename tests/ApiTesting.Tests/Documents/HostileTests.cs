using System.Diagnostics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Expressions;
using Orbit.ApiTesting.Import;
using Orbit.ApiTesting.JsonPath;
using Orbit.ApiTesting.Values;
using Orbit.Tests.Support;

namespace Orbit.ApiTesting.Tests.Documents;

/// <summary>Random and hostile input: an error of the right kind, soon, or success. Nothing else.</summary>
public sealed class HostileTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", "(", ")", "$", "..", ".", "*", "?", "@", "a", "1", "-1", "1e999", "\"", "'", ":", ",", "==", "&&", "||", "!", "{{", "}}", " ", "\n", "- ", "cases:", "name: x", "\\u", "\ud800", "length", "match", "status",
        "\"openapi\":\"3.0.0\"", "\"paths\"", "\"item\"", "\"info\"", "curl ", "-H ", "#/", "$ref", "99999999999999999999", "true", "null",
    ];

    [Fact]
    public void Random_text_breaks_no_reader()
    {
        Gen<string> text = Gen.Elements(Pieces).ArrayOf().Select(string.Concat);
        Prop.ForAll(text.ToArbitrary(), input =>
        {
            foreach (string format in Importers.Formats)
            {
                Refuses<DocumentException>(() => Importers.Read(format, input));
            }

            Refuses<DocumentException>(() => ApiDocumentReader.Read(input));
            Refuses<JsonPathException>(() => JsonPathQuery.Parse("$" + input).Find(JsonText.Parse("{\"a\":[1,{\"a\":\"x\"}]}")));
            Refuses<ExpressionException>(() => Expression.Parse(input).Evaluate((string name, out Value value) =>
            {
                value = Value.Of(1d);
                return name == "a";
            }));
        }).Check(Properties.Rounds(4000));
    }

    [Fact]
    public void A_query_that_holds_half_of_a_surrogate_pair_is_refused()
    {
        // A loop rather than a theory: its data would go through UTF-8, which replaces the halves.
        foreach (string query in (string[])["$.a\ud800", "$..\udc00", "$['\ud800']"])
        {
            JsonPathException refused = Assert.Throws<JsonPathException>(() => JsonPathQuery.Parse(query));
            Assert.Contains("half of a surrogate pair", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_cut_within_a_character_finds_the_members_that_were_cut_alike()
    {
        JsonElement body = JsonText.Parse("{\"x\\ud83d\":7,\"y\":8}");
        Value Evaluated(string expression) => Expression.Parse(expression).Evaluate((string name, out Value value) =>
        {
            value = Value.Of(body);
            return name == "body";
        });

        Assert.Equal(8, Evaluated("body.y").Number);
        Assert.Equal(8, JsonPathQuery.Parse("$.y").First(body).Number);
        Assert.Equal(7, Evaluated("body['x\ud83d']").Number);
        Assert.Equal(ValueKind.Missing, Evaluated("body['y\ud83d']").Kind);
        Assert.True(Evaluated("contains(body, 'x\ud83d')").IsTrue);
    }

    [Fact]
    public void A_text_that_takes_the_YAML_scanner_by_surprise_is_refused()
    {
        const string Text = """"
            name: x"info"-1\u}"-H cases:@{[{"
            {{length?}"item""openapi":"3.0.0"-1,99999999999999999999$ref({"["openapi":"3.0.0""paths"true
            ..\u"item"-1$ref1e999)(!{a,status*curl true$ref..'true{{:curl "openapi":"3.0.0""item"1e999"
            """";

        DocumentException refused = Assert.Throws<DocumentException>(() => ApiDocumentReader.Read(Text));

        Assert.Contains("the text is not YAML", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused_everywhere()
    {
        const int Deep = 100_000;
        string lists = new string('[', Deep) + new string(']', Deep);
        Assert.Throws<DocumentException>(() => ApiDocumentReader.Read(lists));
        Assert.Throws<DocumentException>(() => ApiDocumentReader.Read("a: " + lists));
        Assert.Throws<JsonPathException>(() => JsonPathQuery.Parse("$[?" + new string('(', Deep) + "@.a" + new string(')', Deep) + "]"));
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string('(', 3000) + "1" + new string(')', 900)));
        Assert.Throws<ExpressionException>(() => Expression.Parse(new string('!', 3000) + "1"));
        foreach (string format in Importers.Formats)
        {
            Assert.Throws<DocumentException>(() => Importers.Read(format, lists));
        }
    }

    [Fact]
    public void A_catastrophic_pattern_and_a_query_that_explodes_end_soon()
    {
        long started = Stopwatch.GetTimestamp();
        string text = new('a', 30_000);
        Assert.DoesNotMatch(SafeRegex.Compile("^(a+)+$"), text + "b");
        Assert.ThrowsAny<Exception>(() => SafeRegex.Compile(@"^(?=(a+)+$)(a+)+$").IsMatch(text + "b"));
        JsonElement wide = JsonText.Parse("[" + string.Join(',', Enumerable.Repeat(new string('[', 40) + new string(']', 40), 500)) + "]");
        Assert.Throws<JsonPathException>(() => JsonPathQuery.Parse("$..*..*..*..*..*").Find(wide));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_scenario_that_holds_itself_is_refused_with_the_circle()
    {
        DocumentException refused = Assert.Throws<DocumentException>(() => ApiDocumentReader.Read("""
            scenarios:
              - {name: a, steps: [{scenario: b}]}
              - {name: b, steps: [{scenario: a}]}
            """));

        Assert.Contains("a → b → a", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cases: [{name: a, request: {url: x}, assert: [{jsonpath: '$['}]}]", "cases[0].assert[0].jsonpath")]
    [InlineData("cases: [{name: a, request: {url: 'x{{'}}]", "cases[0].request.url")]
    [InlineData("cases: [{name: a, request: {url: x}, assert: ['status = 2']}]", "cases[0].assert[0]")]
    [InlineData("cases: [{name: a, request: {url: x, colour: red}}]", "cases[0].request.colour")]
    [InlineData("scenarios: [{name: s, steps: [nobody]}]", "scenarios[0].steps[0]")]
    public void An_error_names_its_place(string document, string place)
    {
        DocumentException refused = Assert.Throws<DocumentException>(() => ApiDocumentReader.Read(document));

        Assert.Equal(place, refused.Place);
    }

    private static void Refuses<T>(Action read)
        where T : Exception
    {
        try
        {
            read();
        }
        catch (T)
        {
            // that is the right answer
        }
    }
}
