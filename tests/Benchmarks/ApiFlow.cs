using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Records;
using Orbit.ApiTesting.Running;
using Orbit.Benchmarks.Rig;
using Orbit.Tests.Support;

namespace Orbit.Benchmarks;

/// <summary>
/// The five-request flow with every request and answer recorded to a file, as <c>orbit api run</c> does it, beside a bare HttpClient loop
/// that records nothing. Both warm, same target, same process.
/// </summary>
internal static class ApiFlow
{
    private static readonly int[] Concurrencies = [1, 5, 10];

    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        int rows = scale == Scale.Quick ? 200 : 4000;
        await using FlowServer shop = await FlowServer.StartAsync();
        ApiDocument document = ApiDocumentReader.Read(shop.Document);
        List<Figure> figures = [.. await BesidePeersAsync(shop, document, scratch)]; // first: nothing is warm yet
        foreach (int concurrency in Concurrencies)
        {
            _ = await BareAsync(shop, rows / 4, concurrency);
            double bare = await BareAsync(shop, rows, concurrency);
            _ = await OrbitAsync(shop, document, scratch, rows / 4, concurrency);
            double orbit = await OrbitAsync(shop, document, scratch, rows, concurrency);
            figures.Add(new Figure($"API flow, recorded, {concurrency} at a time", orbit, "req/s")
            {
                Ceiling = bare,
                CeilingIs = "bare HttpClient loop",
                Limit = bare * 0.6,
                MoreIsBetter = true,
            });
        }

        figures.Add(await ApiMemory.MeasureAsync(shop, scratch, scale == Scale.Quick ? 10_000 : 100_000));
        return figures;
    }

    /// <summary>200 rows in each tool, one after another. Without npm there is no figure, and a line says so.</summary>
    private static async Task<IReadOnlyList<Figure>> BesidePeersAsync(FlowServer shop, ApiDocument document, Scratch scratch)
    {
        if (await ApiPeers.InstallAsync(scratch.Directory) is not { } peers)
        {
            Console.WriteLine("newman and stepci cannot be installed here: no comparison with them.");
            return [];
        }

        string fixtures = Path.Combine(Repository(), "tests", "fixtures", "api-flow");
        double one = await OrbitAsync(shop, document, scratch, 200, 1);
        double newman = await peers.NewmanAsync(shop, fixtures);
        double five = await OrbitAsync(shop, document, scratch, 200, 5);
        double stepci = await peers.StepCiAsync(shop, fixtures, 5);
        return
        [
            new("API flow, 200 rows, recorded, beside newman at 1", one, "req/s") { Ceiling = newman, CeilingIs = "newman", Limit = newman * 11, MoreIsBetter = true },
            new("API flow, 200 rows, recorded, beside stepci at 5", five, "req/s") { Ceiling = stepci, CeilingIs = "stepci", Limit = stepci * 5, MoreIsBetter = true },
        ];
    }

    private static string Repository()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Orbit.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The benchmark does not run inside the repository.");
    }

    private static async Task<double> OrbitAsync(FlowServer shop, ApiDocument document, Scratch scratch, int rows, int concurrency)
    {
        shop.Paid.Clear();
        shop.Requests.Clear();
        var plan = new RunPlan { Document = document, Scenario = RunPlan.Choose(document, null), Seed = 1 };
        using var transport = new HttpTransport(new(), TimeProvider.System);
        long passed = 0;
        long started = Stopwatch.GetTimestamp();
        await using (var records = new RecordFile(Path.Combine(scratch.Directory, "flow.jsonl"), new RecordWriter()))
        {
            await new BatchRunner(plan, transport, new() { Concurrency = concurrency }, TimeProvider.System).RunAsync(RowsAsync(rows), row =>
            {
                passed += row.Outcome is Outcome.Passed ? 1 : 0;
                records.Write(row);
                return ValueTask.CompletedTask;
            }, CancellationToken.None);
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return passed == rows && shop.Paid.Count == rows ? rows * 5 / seconds : throw new InvalidOperationException($"{passed} of {rows} rows passed and {shop.Paid.Count} orders were paid.");
    }

    private static async IAsyncEnumerable<DatasetRow> RowsAsync(int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            yield return RowReader.Read(i, "", Row(i), "");
        }

        await Task.CompletedTask;
    }

    private static string Row(int i)
    {
        int page = (i % 10) + 1;
        int qty = (i % 5) + 1;
        return FormattableString.Invariant($"{{\"user\":\"user{i:000}\",\"page\":{page},\"qty\":{qty},\"method\":\"card\",\"sku\":\"SKU-{((page - 1) * 20) + 3:000000}\",\"amount\":{qty * 12.5}}}");
    }

    private static async Task<double> BareAsync(FlowServer shop, int rows, int concurrency)
    {
        shop.Requests.Clear();
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = new(shop.Url) };
        int next = -1;
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var row && row < rows)
            {
                await BareRowAsync(http, row);
            }
        }));
        return rows * 5 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task BareRowAsync(HttpClient http, int i)
    {
        using JsonDocument login = await SendAsync(http, HttpMethod.Post, "/login", $"{{\"user\":\"u{i}\",\"password\":\"pw-u{i}\"}}", null);
        string token = login.RootElement.GetProperty("token").GetString()!;
        using JsonDocument items = await SendAsync(http, HttpMethod.Get, "/items?page=1", null, null);
        string sku = items.RootElement.GetProperty("items")[2].GetProperty("sku").GetString()!;
        using JsonDocument order = await SendAsync(http, HttpMethod.Post, "/orders", $"{{\"sku\":\"{sku}\",\"qty\":1}}", token);
        string id = order.RootElement.GetProperty("id").GetString()!;
        using JsonDocument read = await SendAsync(http, HttpMethod.Get, $"/orders/{id}", null, token);
        using JsonDocument paid = await SendAsync(http, HttpMethod.Post, $"/orders/{id}/pay", "{\"amount\":12.5,\"method\":\"card\"}", token);
        if (paid.RootElement.GetProperty("status").GetString() != "paid")
        {
            throw new InvalidOperationException("An order was not paid.");
        }
    }

    private static async Task<JsonDocument> SendAsync(HttpClient http, HttpMethod method, string path, string? body, string? token)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
    }
}
