using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>The two services of deploy/samples on a stage, with their own pytest suites.</summary>
internal sealed class Samples(Stage stage)
{
    public int ShopPort { get; } = FreePort.Next();

    public int EdgePort { get; } = FreePort.Next();

    public string ShopDirectory => Path.Combine(stage.Services, "shop");

    public string EdgeDirectory => Path.Combine(stage.Services, "edge");

    /// <summary>What the scripts of the services wrote down: one line a start or stop, in order.</summary>
    public IReadOnlyList<string> Diary => File.Exists(DiaryFile) ? File.ReadAllLines(DiaryFile) : [];

    private string DiaryFile => Path.Combine(stage.Services, "diary");

    /// <summary>Parameters of the c-service.</summary>
    public JsonObject Shop() => new()
    {
        ["service"] = "shop",
        ["strategy"] = "c-service",
        ["install_dir"] = ShopDirectory,
        ["health"] = new JsonObject { ["http"] = $"http://127.0.0.1:{ShopPort}/health", ["timeout_s"] = 30, ["interval_s"] = 0.2 },
        ["env"] = new JsonObject { ["SHOP_PORT"] = $"{ShopPort}", ["SHOP_DIARY"] = DiaryFile },
        ["test"] = new JsonObject
        {
            ["dir"] = Suite("shop"),
            ["command"] = new JsonArray("./run_pytest.sh"),
            ["env"] = new JsonObject { ["BASE_URL"] = $"http://127.0.0.1:{ShopPort}", ["PYTHONDONTWRITEBYTECODE"] = "1" },
        },
    };

    /// <summary>Parameters of the openresty service.</summary>
    public JsonObject Edge() => new()
    {
        ["service"] = "edge",
        ["strategy"] = "openresty",
        ["upgrade_type"] = "full",
        ["install_dir"] = EdgeDirectory,
        ["preserve"] = new JsonArray("logs/**"),
        ["health"] = new JsonObject { ["http"] = $"http://127.0.0.1:{EdgePort}/health", ["timeout_s"] = 30, ["interval_s"] = 0.2 },
        ["env"] = new JsonObject { ["EDGE_PORT"] = $"{EdgePort}", ["EDGE_DIARY"] = DiaryFile },
        ["test"] = new JsonObject
        {
            ["dir"] = Suite("edge"),
            ["pytest"] = new JsonArray("-p", "no:cacheprovider", "-q"),
            ["python"] = "/usr/bin/python3",
            ["env"] = new JsonObject { ["EDGE_URL"] = $"http://127.0.0.1:{EdgePort}", ["PYTHONDONTWRITEBYTECODE"] = "1" },
        },
    };

    /// <summary>What the shop that runs says it is; null when none answers.</summary>
    public async Task<string?> ShopVersionAsync() => await AnswerAsync($"http://127.0.0.1:{ShopPort}/version");

    public async Task<string?> EdgeVersionAsync() => await AnswerAsync($"http://127.0.0.1:{EdgePort}/version.json");

    private static async Task<string?> AnswerAsync(string address)
    {
        using HttpClient http = new();
        try
        {
            return (string?)JsonNode.Parse(await http.GetStringAsync(new Uri(address)))!["version"];
        }
        catch (HttpRequestException)
        {
            return null; // nobody there
        }
    }

    private string Suite(string service)
    {
        string to = Path.Combine(stage.Suites, service);
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(Path.Combine(Programs.Root, "deploy/samples", service, "tests")))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }

        return to;
    }
}
