using System.Text.Json;
using Orbit.ApiTesting.JsonPath;

namespace Orbit.ApiTesting.Tests.JsonPath;

/// <summary>All published cases of RFC 9535.</summary>
public sealed class ComplianceTests
{
    [Fact]
    public void Every_case_of_the_compliance_suite_is_met()
    {
        using JsonDocument suite = JsonDocument.Parse(Fixture.Text("jsonpath/cts.json"));
        var failures = new List<string>();
        int cases = 0;
        foreach (JsonElement test in suite.RootElement.GetProperty("tests").EnumerateArray())
        {
            cases++;
            if (Problem(test) is { } problem)
            {
                failures.Add($"{test.GetProperty("name").GetString()}: {test.GetProperty("selector").GetRawText()}: {problem}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {cases} failed:\n{string.Join('\n', failures.Take(40))}");
        Assert.Equal(703, cases);
    }

    private static string? Problem(JsonElement test)
    {
        string selector = test.GetProperty("selector").GetString()!;
        bool invalid = test.TryGetProperty("invalid_selector", out JsonElement flag) && flag.GetBoolean();
        JsonPathQuery query;
        try
        {
            query = JsonPathQuery.Parse(selector);
        }
        catch (JsonPathException refused)
        {
            return invalid ? null : $"refused: {refused.Message}";
        }

        if (invalid)
        {
            return "taken, though it is invalid";
        }

        IReadOnlyList<JsonPathNode> found = query.Find(test.GetProperty("document"));
        string values = "[" + string.Join(",", found.Select(n => n.Json.GetRawText())) + "]";
        JsonElement[] allowed = test.TryGetProperty("result", out JsonElement one) ? [one] : [.. test.GetProperty("results").EnumerateArray()];
        using JsonDocument got = JsonDocument.Parse(values);
        if (!allowed.Any(a => JsonElement.DeepEquals(a, got.RootElement)))
        {
            return $"found {values}";
        }

        if (test.TryGetProperty("result_paths", out JsonElement paths))
        {
            string[] expected = [.. paths.EnumerateArray().Select(p => p.GetString()!)];
            string[] actual = [.. found.Select(n => n.Path)];
            return expected.SequenceEqual(actual) ? null : $"paths {string.Join(' ', actual)}";
        }

        return null;
    }
}
