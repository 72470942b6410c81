using Orbit.ApiTesting.Running;
using Orbit.Tests.Support;

namespace Orbit.ApiTesting.Tests.Running;

/// <summary>The five-request flow over its 200 rows.</summary>
public sealed class FlowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(50)]
    public async Task Every_row_pays_an_order_of_its_own(int concurrency)
    {
        await using FlowServer shop = await FlowServer.StartAsync();

        List<RowResult> rows = await Runs.RunAsync(shop.Document, Fixture.PathOf("api-flow/rows.csv"), concurrency);

        Assert.All(rows, row => Assert.True(row.Outcome is Outcome.Passed, row.Reason));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), rows.Select(r => r.Row).Order());
        Assert.Equal(200, shop.Paid.Count);
        Assert.All(shop.Paid.Values, times => Assert.Equal(1, times));
        Assert.All(rows, row => Assert.Equal(12, row.Steps.Sum(s => s.Checks.Count)));
    }

    [Fact]
    public async Task What_needs_a_value_that_was_not_extracted_is_skipped_and_says_why()
    {
        await using FlowServer shop = await FlowServer.StartAsync();
        string document = shop.Document.Replace("jsonpath: $.id}", "jsonpath: $.number}", StringComparison.Ordinal).Replace("steps: [login, items, create, get, pay]", "steps: [login, items, {case: create, on_failure: continue}, {case: get, on_failure: continue}, pay]", StringComparison.Ordinal);

        List<RowResult> rows = await Runs.RunAsync(document, Fixture.PathOf("api-flow/rows.csv"));

        Assert.All(rows, row =>
        {
            Assert.Equal(("extraction", Outcome.Failed), (row.FailureClass, row.Outcome));
            Assert.Equal(Outcome.Skipped, row.Steps[3].Outcome);
            Assert.Contains("'id' has no value: the step 'create' did not extract it", row.Steps[3].Reason, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(shop.Requests, r => r.StartsWith("GET /orders", StringComparison.Ordinal) || r.Contains("/pay", StringComparison.Ordinal));
    }
}
