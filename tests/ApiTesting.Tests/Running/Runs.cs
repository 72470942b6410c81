using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Running;

namespace Orbit.ApiTesting.Tests.Running;

/// <summary>Runs documents as the programs do.</summary>
internal static class Runs
{
    public static async Task<List<RowResult>> RunAsync(
        string document, string? data = null, int concurrency = 5, string? environment = null, TransportOptions? transport = null, CancellationToken ct = default)
    {
        ApiDocument read = ApiDocumentReader.Read(document);
        var plan = new RunPlan { Document = read, Scenario = RunPlan.Choose(read, null), Environment = environment is null ? null : read.Environments[environment], Seed = 7 };
        using var http = new HttpTransport(transport ?? new(), TimeProvider.System);
        var results = new List<RowResult>();
        IAsyncEnumerable<DatasetRow> rows = data is not null ? RowSource.File(data, new Dictionary<string, string>(), ct)
            : plan.Scenario.Dataset.Length > 0 ? RowSource.Of(read.Datasets[plan.Scenario.Dataset].Rows) : RowSource.OneWithoutValues();
        await new BatchRunner(plan, http, new() { Concurrency = concurrency }, TimeProvider.System).RunAsync(rows, row =>
        {
            results.Add(row);
            return ValueTask.CompletedTask;
        }, ct);
        return results;
    }

    public static async Task<RowResult> OneAsync(string document, string? environment = null, TransportOptions? transport = null, CancellationToken ct = default) =>
        Assert.Single(await RunAsync(document, environment: environment, transport: transport, ct: ct));
}
