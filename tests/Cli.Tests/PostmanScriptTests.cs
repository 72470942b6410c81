using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Orbit.Cli.Tests.Support;

namespace Orbit.Cli.Tests;

/// <summary>Collections of Postman with scripts that have no counterpart.</summary>
public sealed class PostmanScriptTests
{
    [Fact]
    public async Task What_is_no_known_idiom_is_run_by_the_sandbox_and_its_variables_and_tests_count()
    {
        await using Shop shop = await Shop.StartAsync();
        using var cli = new OrbitCli();
        string document = await ImportAsync(cli, Collection(
            shop.Url,
            all: ("prerequest", "pm.variables.set('greeting', ['good', 'day'].join(' '))"),
            Item("greet", "{{base}}/echo/{{greeting}}", ("test", """
                const words = pm.response.text().split(' ');
                pm.test('two words', () => pm.expect(words).to.have.lengthOf(2));
                pm.collectionVariables.set('second', words[1]);
                """)),
            Item("plain", "{{base}}/echo/plain", ("test", "pm.test('ok', () => { pm.response.to.have.status(200); });")),
            Item("follow", "{{base}}/echo/{{second}}", ("test", """
                pm.test('is not night', () => pm.expect(pm.response.text().toUpperCase()).to.eql('NIGHT'));
                """))));

        (Outcome run, Dictionary<string, JsonNode> steps) = await RunAsync(cli, document, "--allow-commands", "--postman-script", Program);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["/echo/good%20day", "/echo/plain", "/echo/day"], shop.Asked);
        Assert.Equal(("passed", "failed", "passed"), ((string)steps["greet"]["outcome"]!, (string)steps["follow"]["outcome"]!, (string)steps["plain"]["outcome"]!));
        Assert.Contains("expected 'DAY' to deeply equal 'NIGHT'", (string)steps["follow"]["reason"]!, StringComparison.Ordinal);
        Assert.Equal("script", (string)steps["greet"]["checks"]![0]!["kind"]!);
    }

    [Theory]
    [InlineData("const broken = undefined; broken.x;", "Cannot read properties of undefined")]
    [InlineData("pm.sendRequest('http://127.0.0.1:1/', () => {});", "pm.sendRequest is not done")]
    [InlineData("pm.request.headers.add({key: 'X', value: '1'});", "changes the request's headers")]
    [InlineData("const fs = require('fs'); fs.readFileSync('/etc/passwd');", "fs")]
    [InlineData("let n = 0; pm.environment.unset('base'); n++;", "the variable 'base' has no value: the script at")]
    public async Task A_script_that_cannot_do_what_it_wants_fails_its_case_and_says_so(string script, string problem)
    {
        await using Shop shop = await Shop.StartAsync();
        using var cli = new OrbitCli();
        string document = await ImportAsync(cli, Collection(shop.Url, null, Item("one", "{{base}}/echo/one", ("prerequest", script))));

        (Outcome run, Dictionary<string, JsonNode> steps) = await RunAsync(cli, document, "--allow-commands", "--postman-script", Program);

        Assert.Contains(problem, (string)steps["one"]["reason"]!, StringComparison.Ordinal);
        Assert.Empty(shop.Asked);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task Nothing_is_run_that_was_not_allowed_and_a_program_that_is_missing_is_named()
    {
        await using Shop shop = await Shop.StartAsync();
        using var cli = new OrbitCli();
        string document = await ImportAsync(cli, Collection(shop.Url, null, Item("one", "{{base}}/echo/one", ("test", "let sum = 0; for (const n of [1, 2]) sum += n;"))));

        (_, Dictionary<string, JsonNode> refused) = await RunAsync(cli, document);
        (_, Dictionary<string, JsonNode> missing) = await RunAsync(cli, document, "--allow-commands", "--postman-script", "/no/such/program");

        Assert.Contains("scripts are not run here", (string)refused["one"]["reason"]!, StringComparison.Ordinal);
        Assert.Contains("'/no/such/program' cannot be started", (string)missing["one"]["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_being_asked_to_keep_scripts_what_is_not_covered_is_named()
    {
        using var cli = new OrbitCli();
        string file = Path.Combine(cli.Folder, "collection.json");
        await File.WriteAllTextAsync(file, Collection("http://127.0.0.1:1", null, Item("one", "{{base}}/", ("test", "let sum = 0; sum += 1;"))).ToJsonString());

        Outcome import = await cli.RunAsync("api", "import", "postman", file);

        Assert.Contains("not covered: one: test script: sum += 1", import.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("script", import.Output, StringComparison.Ordinal);
    }

    private static string Root { get; } = typeof(PostmanScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "RepoRoot").Value!;

    private static string Program => Path.Combine(Root, "src", "PostmanScripts", "orbit-postman-script");

    private static JsonObject Collection(string url, (string Listen, string Script)? all, params JsonObject[] items)
    {
        var collection = new JsonObject
        {
            ["info"] = new JsonObject { ["name"] = "shop", ["schema"] = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            ["variable"] = new JsonArray(new JsonObject { ["key"] = "base", ["value"] = url }),
            ["item"] = new JsonArray([.. items]),
        };
        if (all is { } around)
        {
            collection["event"] = new JsonArray(Event(around));
        }

        return collection;
    }

    private static JsonObject Item(string name, string url, (string Listen, string Script) script) => new()
    {
        ["name"] = name,
        ["request"] = new JsonObject { ["method"] = "GET", ["url"] = url },
        ["event"] = new JsonArray(Event(script)),
    };

    private static JsonObject Event((string Listen, string Script) happening) =>
        new() { ["listen"] = happening.Listen, ["script"] = new JsonObject { ["exec"] = new JsonArray([.. happening.Script.Split('\n').Select(l => (JsonNode)l)]) } };

    private static async Task<string> ImportAsync(OrbitCli cli, JsonObject collection)
    {
        string file = Path.Combine(cli.Folder, "collection.json");
        await File.WriteAllTextAsync(file, collection.ToJsonString());
        Outcome import = await cli.RunAsync("api", "import", "postman", file, "--keep-scripts");
        Assert.Equal(0, import.ExitCode);
        Assert.StartsWith("kept as a script: ", import.Error, StringComparison.Ordinal);
        string document = Path.Combine(cli.Folder, "shop.yaml");
        await File.WriteAllTextAsync(document, import.Output);
        return document;
    }

    private static async Task<(Outcome Run, Dictionary<string, JsonNode> Steps)> RunAsync(OrbitCli cli, string document, params string[] more)
    {
        string record = Path.Combine(cli.Folder, "record.jsonl");
        Outcome run = await cli.RunAsync(["api", "run", document, "--record", record, .. more]);
        JsonNode row = (await File.ReadAllLinesAsync(record)).Select(l => JsonNode.Parse(l)!).Single(l => l["steps"] is not null);
        return (run, row["steps"]!.AsArray().ToDictionary(s => (string)s!["step"]!, s => s!));
    }

    /// <summary>Answers with the last word of the path, and remembers what was asked for.</summary>
    private sealed class Shop(WebApplication app) : IAsyncDisposable
    {
        private readonly List<string> _asked = [];

        public string Url { get; private set; } = "";

        public IReadOnlyList<string> Asked => _asked;

        public static async Task<Shop> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Configuration.Sources.Clear();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
            WebApplication app = builder.Build();
            var shop = new Shop(app);
            app.MapGet("/echo/{word}", (string word, HttpRequest request) =>
            {
                shop._asked.Add(request.Path.ToUriComponent());
                return word;
            });
            await app.StartAsync();
            shop.Url = app.Urls.First();
            return shop;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
