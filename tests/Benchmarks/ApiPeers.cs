using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Orbit.Tests.Support;

namespace Orbit.Benchmarks;

/// <summary>
/// The same flow with the same 200 rows in newman and stepci, which npm installs into the benchmark's own directory. Time of the whole
/// process. A run that did not pay an order a row is told and not counted.
/// </summary>
internal sealed class ApiPeers
{
    private const int Rows = 200;
    private const int Requests = Rows * 5;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private readonly string _directory;

    private ApiPeers(string directory) => _directory = directory;

    /// <summary>Installs both; null where npm is not there or cannot reach its packages.</summary>
    public static async Task<ApiPeers?> InstallAsync(string directory)
    {
        try
        {
            (int code, _) = await RunAsync(directory, "npm", ["install", "--no-audit", "--no-fund", "--silent", "newman@6.2.2", "stepci@2.8.2"], TimeSpan.FromMinutes(5));
            return code == 0 ? new(directory) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no npm
        }
    }

    /// <summary>Requests a second of newman, one row at a time, with its JSON report of every request and answer.</summary>
    public async Task<double> NewmanAsync(FlowServer shop, string fixtures)
    {
        string collection = Path.Combine(_directory, "flow.json");
        string text = await File.ReadAllTextAsync(Path.Combine(fixtures, "flow.postman_collection.json"));
        await File.WriteAllTextAsync(collection, text.Replace("18080", new Uri(shop.Url).Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return await MeasureAsync(shop, "newman", ["run", collection, "-d", Path.Combine(fixtures, "rows.csv"), "--reporters", "json", "--reporter-json-export", Path.Combine(_directory, "newman.json")]);
    }

    /// <summary>Requests a second of stepci, several rows at a time. It takes one row of a file by chance, so each row is a test of its own.</summary>
    public async Task<double> StepCiAsync(FlowServer shop, string fixtures, int concurrency)
    {
        string workflow = Path.Combine(_directory, "workflow.json");
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(fixtures, "rows.csv"));
        var tests = new JsonObject();
        foreach (string line in lines.Skip(1).Where(l => l.Length > 0))
        {
            string[] cells = line.Split(',');
            tests[cells[0]] = new JsonObject { ["steps"] = Steps(shop.Url, cells) };
        }

        await File.WriteAllTextAsync(workflow, new JsonObject { ["version"] = "1.1", ["name"] = "flow", ["config"] = new JsonObject { ["concurrency"] = concurrency }, ["tests"] = tests }.ToJsonString());
        return await MeasureAsync(shop, "stepci", ["run", workflow]);
    }

    private static JsonArray Steps(string url, string[] row)
    {
        (string user, string page, string qty, string method, string sku, string amount) = (row[0], row[1], row[2], row[3], row[4], row[5]);
        const string Bearer = "Bearer ${{captures.token}}";
        return
        [
            Step("login", $"{url}/login", "POST", $$"""{"user":"{{user}}","password":"pw-{{user}}"}""", null, ("token", "$.token"), 200, ("$.user.name", JsonValue.Create(user))),
            Step("items", $"{url}/items?page={page}", "GET", null, null, ("xsku", "$.items[2].sku"), 200, ("$.items[2].sku", JsonValue.Create(sku))),
            Step("create", $"{url}/orders", "POST", $$$"""{"sku":"{{{sku}}}","qty":{{{qty}}}}""", Bearer, ("id", "$.id"), 201, ("$.status", JsonValue.Create("created"))),
            Step("get", url + "/orders/${{captures.id}}", "GET", null, Bearer, null, 200, ("$.lines[0].sku", JsonValue.Create(sku))),
            Step("pay", url + "/orders/${{captures.id}}/pay", "POST", $$"""{"amount":{{amount}},"method":"{{method}}"}""", Bearer, null, 200, ("$.status", JsonValue.Create("paid"))),
        ];
    }

    private static JsonObject Step(string name, string url, string method, string? body, string? bearer, (string Name, string Path)? capture, int status, (string Path, JsonNode Value) check)
    {
        var headers = new JsonObject { ["Content-Type"] = "application/json" };
        if (bearer is not null)
        {
            headers["Authorization"] = bearer;
        }

        var http = new JsonObject { ["url"] = url, ["method"] = method, ["headers"] = headers, ["check"] = new JsonObject { ["status"] = status, ["jsonpath"] = new JsonObject { [check.Path] = check.Value } } };
        if (body is not null)
        {
            http["body"] = body;
        }

        if (capture is { } taken)
        {
            http["captures"] = new JsonObject { [taken.Name] = new JsonObject { ["jsonpath"] = taken.Path } };
        }

        return new() { ["name"] = name, ["http"] = http };
    }

    private async Task<double> MeasureAsync(FlowServer shop, string tool, string[] arguments)
    {
        shop.Paid.Clear();
        long started = Stopwatch.GetTimestamp();
        (int code, string output) = await RunAsync(_directory, Path.Combine(_directory, "node_modules", ".bin", tool), arguments, Longest);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return code == 0 && shop.Paid.Count == Rows
            ? Requests / seconds
            : throw new InvalidOperationException($"{tool} ended with {code} and {shop.Paid.Count} of {Rows} orders were paid: {output[..Math.Min(output.Length, 1000)]}");
    }

    private static async Task<(int Code, string Output)> RunAsync(string directory, string program, string[] arguments, TimeSpan limit)
    {
        using var process = new Process
        {
            StartInfo = new(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        process.StartInfo.Environment["STEPCI_DISABLE_ANALYTICS"] = "1"; // nothing is sent to its makers
        _ = process.Start();
        process.StandardInput.Close();
        using var ending = new CancellationTokenSource(limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(ending.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(ending.Token);
        try
        {
            await process.WaitForExitAsync(ending.Token);
            return (process.ExitCode, await errors + await output);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit}.");
        }
    }
}
