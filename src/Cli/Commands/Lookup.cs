using System.Globalization;
using Orbit.Cli.Connection;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary>Finds what a person named by id or by name.</summary>
internal static class Lookup
{
    private const int PageSize = 1000;

    public static async Task<TestItem> ItemAsync(ServerConnection server, string text, CancellationToken ct)
    {
        if (Id(text) is { } id)
        {
            return await server.Items.GetTestItemAsync(new() { Id = id }, server.Call(ct));
        }

        return await ByNameAsync<TestItem>(text, "test item", "TEST_ITEM_NOT_FOUND", "orbit items", item => item.Name, async token =>
        {
            ListTestItemsResponse page = await server.Items.ListTestItemsAsync(new() { PageSize = PageSize, PageToken = token }, server.Call(ct));
            return (page.TestItems, page.NextPageToken);
        });
    }

    public static async Task<ParameterSet> SetAsync(ServerConnection server, string text, CancellationToken ct)
    {
        if (Id(text) is { } id)
        {
            return await server.Sets.GetParameterSetAsync(new() { Id = id }, server.Call(ct));
        }

        return await ByNameAsync<ParameterSet>(text, "parameter set", "PARAMETER_SET_NOT_FOUND", "orbit params list", set => set.Name, async token =>
        {
            ListParameterSetsResponse page = await server.Sets.ListParameterSetsAsync(new() { PageSize = PageSize, PageToken = token }, server.Call(ct));
            return (page.ParameterSets, page.NextPageToken);
        });
    }

    public static async Task<Agent> AgentAsync(ServerConnection server, string text, CancellationToken ct)
    {
        if (Id(text) is { } id)
        {
            return await server.Agents.GetAgentAsync(new() { Id = id }, server.Call(ct));
        }

        return await ByNameAsync<Agent>(text, "agent", "AGENT_NOT_FOUND", "orbit agents", agent => agent.Name, async token =>
        {
            ListAgentsResponse page = await server.Agents.ListAgentsAsync(new() { PageSize = PageSize, PageToken = token }, server.Call(ct));
            return (page.Agents, page.NextPageToken);
        });
    }

    public static async Task<ApiDataset> DatasetAsync(ServerConnection server, string text, CancellationToken ct)
    {
        if (Id(text) is { } id)
        {
            return await server.Library.GetDatasetAsync(new() { Id = id }, server.Call(ct));
        }

        return await ByNameAsync<ApiDataset>(text, "dataset", "DATASET_NOT_FOUND", "orbit api datasets list", set => set.Name, token => DatasetsAsync(server, token, ct));
    }

    /// <summary>The dataset of exactly this name; null for none.</summary>
    public static async Task<ApiDataset?> DatasetNamedAsync(ServerConnection server, string name, CancellationToken ct) =>
        (await FindAsync<ApiDataset>(name, set => set.Name, token => DatasetsAsync(server, token, ct))).Exact;

    /// <summary>The build of a job that CI gave this number.</summary>
    public static async Task<Build> BuildAsync(ServerConnection server, string job, string number, CancellationToken ct)
    {
        var found = new List<Build>();
        string token = "";
        do
        {
            var request = new ListBuildsRequest { JobName = job, Query = number, PageSize = PageSize, PageToken = token };
            ListBuildsResponse page = await server.Builds.ListBuildsAsync(request, server.Call(ct));
            found.AddRange(page.Builds.Where(build => build.BuildNumber == number));
            token = page.NextPageToken;
        }
        while (token.Length > 0 && found.Count < 2);

        return found.Count switch
        {
            1 => found[0],
            0 => throw new UsageException($"job {job} has no build {number}; orbit builds --job {job} lists them", "BUILD_NOT_FOUND"),
            _ => throw new UsageException(
                $"job {job} has several builds {number}; choose one with --build: {string.Join(", ", found.Select(build => $"{build.Id} ({build.PackagePath})"))}",
                "BUILD_AMBIGUOUS"),
        };
    }

    private static long? Id(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;

    private static async Task<(IList<ApiDataset> Rows, string Next)> DatasetsAsync(ServerConnection server, string token, CancellationToken ct)
    {
        ListDatasetsResponse page = await server.Library.ListDatasetsAsync(new() { PageSize = PageSize, PageToken = token }, server.Call(ct));
        return (page.Datasets, page.NextPageToken);
    }

    private static async Task<T> ByNameAsync<T>(
        string name, string kind, string reason, string list, Func<T, string> nameOf, Func<string, Task<(IList<T> Rows, string Next)>> read)
        where T : class
    {
        (T? exact, T? nearly) = await FindAsync(name, nameOf, read);
        return exact ?? nearly ?? throw new UsageException($"no {kind} is named '{name}'; {list} shows them", reason);
    }

    /// <summary>The row of a name, and the first whose name differs in case alone.</summary>
    private static async Task<(T? Exact, T? Nearly)> FindAsync<T>(string name, Func<T, string> nameOf, Func<string, Task<(IList<T> Rows, string Next)>> read)
        where T : class
    {
        T? nearly = null;
        string token = "";
        do
        {
            (IList<T> rows, token) = await read(token);
            if (rows.FirstOrDefault(row => nameOf(row) == name) is { } exact)
            {
                return (exact, nearly);
            }

            nearly ??= rows.FirstOrDefault(row => string.Equals(nameOf(row), name, StringComparison.OrdinalIgnoreCase));
        }
        while (token.Length > 0);
        return (null, nearly);
    }
}
