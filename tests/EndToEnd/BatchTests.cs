using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>API tests in batches on a real agent.</summary>
public sealed class BatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_killed_agent_and_a_killed_control_plane_lose_no_result_and_repeat_none(string provider)
    {
        await using FlowServer shop = await FlowServer.StartAsync();
        shop.Delay = TimeSpan.FromMilliseconds(15);
        await using Stage stage = await Stage.StartAsync(provider);
        long batch = await FlowBatchAsync(stage, shop, concurrency: 4);

        Dictionary<long, string> before = await FinishedAsync(stage, batch, atLeast: 30);
        stage.Agent.Kill();
        stage.StartAgent();
        Dictionary<long, string> between = await FinishedAsync(stage, batch, atLeast: before.Count + 20);
        stage.Server.Kill();
        await stage.StartServerAsync();
        JsonNode ended = await EndAsync(stage, batch);

        Assert.Equal(("COMPLETED", 200, 200, 0), ((string)ended["status"]!, (int)ended["total_count"]!, (int)ended["pass_count"]!, (int)ended["fail_count"]!));
        Dictionary<long, string> after = await FinishedAsync(stage, batch, atLeast: 200);
        Assert.All(before.Concat(between), row => Assert.Equal(row.Value, after[row.Key]));
        List<JsonObject> events = await stage.User.LinesAsync($"/api/v1/batches/{batch}/events?after_seq=0").ToListAsync();
        Assert.Equal("SNAPSHOT", (string)events[0]["type"]!);
        Assert.Equal("ENDED", (string)events[^1]["type"]!);
        long[] numbers = [.. events.Skip(1).Where(e => (string)e["type"]! != "HEARTBEAT").Select(e => (long)e["seq"]!)];
        Assert.Equal(Enumerable.Range(1, numbers.Length).Select(n => (long)n), numbers);
        long[] rows = [.. events.Where(e => (string)e["type"]! == "ROW_FINISHED").Select(e => (long)e["row"]!["row"]!).Order()];
        Assert.Equal(Enumerable.Range(0, 200).Select(n => (long)n), rows);
        Assert.InRange(shop.Paid.Count, 200, 200 + (4 * 26)); // what was under way at the kill and not told yet is done again
    }

    [Fact]
    public async Task A_batch_is_paused_resumed_limited_stopped_and_its_failed_rows_rerun()
    {
        await using FlowServer shop = await FlowServer.StartAsync();
        shop.Delay = TimeSpan.FromMilliseconds(30);
        await using Stage stage = await Stage.StartAsync("sqlite");
        long batch = await FlowBatchAsync(stage, shop, concurrency: 2);
        _ = await FinishedAsync(stage, batch, atLeast: 3);

        _ = await stage.User.PostAsync($"/api/v1/batches/{batch}/pause", new JsonObject());
        JsonNode paused = await Eventually.ReadAsync(() => BatchAsync(stage, batch), b => (int)b["running_count"]! == 0, Limit);
        int done = (int)paused["completed_count"]!;
        Assert.Equal("PAUSED", (string)paused["status"]!);
        Assert.Contains((await stage.User.GetAsync("/api/v1/active-batches"))["batches"]!.AsArray(), b => (long)b!["id"]! == batch);
        _ = await stage.User.PutAsync($"/api/v1/batches/{batch}/concurrency", new JsonObject { ["concurrency"] = 4 });
        Assert.Equal(done, (int)(await BatchAsync(stage, batch))["completed_count"]!);
        _ = await stage.User.PostAsync($"/api/v1/batches/{batch}/resume", new JsonObject());
        _ = await FinishedAsync(stage, batch, atLeast: done + 10);
        _ = await stage.User.PostAsync($"/api/v1/batches/{batch}/stop", new JsonObject());
        JsonNode stopped = await EndAsync(stage, batch);

        Assert.Equal("STOPPED", (string)stopped["status"]!);
        Assert.Equal(200, (int)stopped["completed_count"]!);
        Assert.Equal(200, (int)stopped["pass_count"]! + (int)stopped["skipped_count"]!);
        Assert.True((int)stopped["skipped_count"]! > 0);
        int sent = shop.Requests.Count;

        shop.Delay = TimeSpan.Zero;
        long failing = await DocumentBatchAsync(stage, Failing(shop));
        JsonNode failed = await EndAsync(stage, failing);
        Assert.Equal((4, 2, 2), ((int)failed["total_count"]!, (int)failed["pass_count"]!, (int)failed["fail_count"]!));
        Assert.True(shop.Requests.Count - sent <= 4, "requests went on after the stop");
        _ = await stage.User.PostAsync($"/api/v1/batches/{failing}/rerun", new JsonObject());
        JsonNode again = await EndAsync(stage, failing);
        Assert.Equal((4, 2, 2), ((int)again["total_count"]!, (int)again["pass_count"]!, (int)again["fail_count"]!));
        JsonNode row = await stage.User.GetAsync($"/api/v1/batches/{failing}/rows/1");
        Assert.Equal(2, row["attempts"]!.AsArray().Count);
        Assert.Single((await stage.User.GetAsync($"/api/v1/batches/{failing}/report"))["clusters"]!.AsArray());
        Assert.Contains("<testcase", await stage.User.TextAsync($"/api/v1/batches/{failing}/export?format=junit"), StringComparison.Ordinal);
        Assert.Contains("<h1>", await stage.User.TextAsync($"/api/v1/batches/{failing}/export?format=html"), StringComparison.Ordinal);
        Assert.Equal(4, JsonNode.Parse(await stage.User.TextAsync($"/api/v1/batches/{failing}/export?format=har"))!["log"]!["entries"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_secret_reaches_the_target_and_nothing_that_is_stored()
    {
        const string Secret = "s3cr3t-of-the-lab";
        await using FlowServer shop = await FlowServer.StartAsync();
        await using Stage stage = await Stage.StartAsync("sqlite");
        JsonNode environment = await stage.User.PostAsync("/api/v1/environments", new JsonObject
        {
            ["name"] = "lab",
            ["variables"] = new JsonObject { ["base"] = shop.Url },
            ["secrets"] = new JsonObject { ["user"] = Secret },
        });
        JsonNode login = await stage.User.PostAsync("/api/v1/cases", new JsonObject
        {
            ["name"] = "login",
            ["spec"] = JsonNode.Parse("""{"request":{"method":"POST","url":"{{base}}/login","body":{"json":{"user":"{{user}}","password":"pw-{{user}}"}}},"assert":[{"status":200},{"jsonpath":"$.user.name","equals":"{{user}}"}]}"""),
        });
        JsonNode made = await stage.User.PostAsync("/api/v1/batches", new JsonObject { ["case_ids"] = new JsonArray((long)login["id"]!), ["environment_id"] = (long)environment["id"]! });
        JsonNode ended = await EndAsync(stage, (long)made["id"]!);

        Assert.Equal(1, (int)ended["pass_count"]!);
        string record = (await stage.User.GetAsync($"/api/v1/batches/{made["id"]}/rows/0")).ToJsonString();
        Assert.Contains("/login", record, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, record, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, (await stage.User.GetAsync($"/api/v1/environments/{environment["id"]}")).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, await stage.User.TextAsync($"/api/v1/batches/{made["id"]}/export?format=jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_run_where_the_policy_allows_and_their_output_is_what_checks_see()
    {
        await using Stage stage = await Stage.StartAsync("sqlite");
        string print = Script(stage, "print.sh", """printf '{"user": "%s", "n": %s}' "$WHO" "$1"; echo careful >&2; exit 3""");
        string hang = Script(stage, "hang.sh", """sleep 300 & echo $! >"$1"; wait""");
        await File.WriteAllTextAsync(Path.Combine(stage.Suites, "test_two.py"), "def test_good():\n    pass\n\ndef test_bad():\n    assert 1 == 2\n");
        string left = Path.Combine(stage.Suites, "left.pid");
        long batch = await DocumentBatchAsync(stage, $$$"""
            orbit: 1
            cases:
              - name: prints
                command: {run: ["{{{print}}}", "{{n}}"], env: {WHO: me}}
                extract: [{name: seen, jsonpath: $.n}]
                assert: [{exit_code: 3}, {jsonpath: $.user, equals: me}, {stderr: {contains: careful}}, "seen == n && exit_code == 3"]
              - {name: hangs, command: {run: ["{{{hang}}}", "{{{left}}}"], timeout_ms: 700}, assert: [{exit_code: 0}]}
              - {name: forbidden, command: {run: [/usr/bin/id]}, assert: [{exit_code: 0}]}
              - {name: steered, command: {run: ["{{{print}}}", "1"], env: {LD_PRELOAD: /tmp/x.so}}, assert: [{exit_code: 3}]}
              - {name: good, pytest: {nodes: ["test_two.py::test_good"], dir: "{{{stage.Suites}}}"}}
              - {name: bad, pytest: {nodes: ["test_two.py::test_bad"], dir: "{{{stage.Suites}}}"}}
            scenarios:
              - {name: all, variables: {n: 7}, steps: [{case: prints}, {case: hangs, on_failure: continue}, {case: forbidden, on_failure: continue}, {case: steered, on_failure: continue}, {case: good}, {case: bad}]}
            """);
        JsonNode ended = await EndAsync(stage, batch);

        JsonNode row = (await stage.User.GetAsync($"/api/v1/batches/{batch}/rows/0"))["attempts"]![0]!;
        Dictionary<string, JsonNode> steps = row["steps"]!.AsArray().ToDictionary(s => (string)s!["step"]!, s => s!);
        Assert.Equal(["passed", "failed", "failed", "failed", "passed", "failed"], ((string[])["prints", "hangs", "forbidden", "steered", "good", "bad"]).Select(s => (string)steps[s]["outcome"]!));
        Assert.Equal("timeout", (string)steps["hangs"]["class"]!);
        Assert.Contains("neither a file below", (string)steps["forbidden"]["reason"]!, StringComparison.Ordinal);
        Assert.Contains("LD_PRELOAD", (string)steps["steered"]["reason"]!, StringComparison.Ordinal);
        Assert.Equal("careful\n", (string)steps["prints"]["command"]!["stderr"]!);
        Assert.Contains("1 failed", steps["bad"]["command"]!["body"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (int)ended["fail_count"]!);
        string status = $"/proc/{(await File.ReadAllTextAsync(left)).Trim()}/status";
        Assert.True(!File.Exists(status) || (await File.ReadAllTextAsync(status)).Contains("zombie", StringComparison.Ordinal), "what a program had started lived on");
    }

    private static string Script(Stage stage, string name, string text)
    {
        string path = Path.Combine(stage.Suites, name);
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    private static string Failing(FlowServer shop) => $$"""
        orbit: 1
        cases:
          - {name: items, request: {url: "{{shop.Url}}/items?page=1"}, assert: [{jsonpath: "$.items[0].sku", equals: "{{"{{sku}}"}}"}]}
        datasets:
          - {name: skus, rows: [{sku: SKU-000001}, {sku: SKU-000002}, {sku: SKU-000001}, {sku: SKU-000009}]}
        scenarios:
          - {name: look, dataset: skus, steps: [items]}
        """;

    private static async Task<long> FlowBatchAsync(Stage stage, FlowServer shop, int concurrency)
    {
        JsonNode imported = await stage.User.PostAsync("/api/v1/api-tests/import", new JsonObject { ["format"] = "orbit", ["content"] = shop.Document });
        Assert.Equal(5, imported["cases"]!.AsArray().Count);
        string rows = await File.ReadAllTextAsync(Path.Combine(Programs.Root, "tests", "fixtures", "api-flow", "rows.csv"));
        JsonNode dataset = await stage.User.PostAsync("/api/v1/datasets", new JsonObject { ["name"] = "users", ["content"] = rows });
        JsonNode made = await stage.User.PostAsync("/api/v1/batches", new JsonObject
        {
            ["scenario_ids"] = new JsonArray((long)imported["scenarios"]![0]!["id"]!),
            ["dataset_id"] = (long)dataset["id"]!,
            ["concurrency"] = concurrency,
        });
        Assert.Equal(200, (int)made["total_count"]!);
        return (long)made["id"]!;
    }

    [Fact]
    public async Task Scripts_of_an_imported_collection_run_on_a_host_whose_policy_names_the_program()
    {
        await using FlowServer shop = await FlowServer.StartAsync();
        await using Stage stage = await Stage.StartAsync("sqlite", prepare: async stage =>
        {
            stage.PolicyFile = Path.Combine(Directory.CreateDirectory(Path.Combine(stage.Directory, "policy")).FullName, "policy.json");
            await File.WriteAllTextAsync(stage.PolicyFile, $$"""{"postman_script": "{{Path.Combine(Programs.Root, "src", "PostmanScripts", "orbit-postman-script")}}"}""");
        });
        const string Script = "const { token } = pm.response.json(); pm.test('a token of 32 letters', () => pm.expect([...token].filter((c) => /[0-9a-f]/.test(c))).to.have.lengthOf(32)); pm.environment.set('token', token);";
        string collection = new JsonObject
        {
            ["info"] = new JsonObject { ["name"] = "shop", ["schema"] = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            ["item"] = new JsonArray(new JsonObject
            {
                ["name"] = "login",
                ["request"] = new JsonObject
                {
                    ["method"] = "POST",
                    ["url"] = $"{shop.Url}/login",
                    ["body"] = new JsonObject { ["mode"] = "raw", ["raw"] = """{"user": "ann", "password": "pw-ann"}""", ["options"] = new JsonObject { ["raw"] = new JsonObject { ["language"] = "json" } } },
                },
                ["event"] = new JsonArray(new JsonObject { ["listen"] = "test", ["script"] = new JsonObject { ["exec"] = new JsonArray(Script) } }),
            }),
        }.ToJsonString();
        JsonNode imported = await stage.User.PostAsync("/api/v1/api-tests/import", new JsonObject { ["format"] = "postman", ["content"] = collection, ["keep_scripts"] = true });
        Assert.Equal("""["login: test script"]""", imported["scripts"]!.ToJsonString());

        JsonNode made = await stage.User.PostAsync("/api/v1/batches", new JsonObject { ["scenario_ids"] = new JsonArray((long)imported["scenarios"]![0]!["id"]!) });
        JsonNode ended = await EndAsync(stage, (long)made["id"]!);

        JsonNode step = (await stage.User.GetAsync($"/api/v1/batches/{made["id"]}/rows/0"))["attempts"]![0]!["steps"]![0]!;
        Assert.True((int)ended["pass_count"]! == 1, step.ToJsonString());
        Assert.Contains("a token of 32 letters", step["checks"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_server_is_sent_by_the_agent_and_the_record_names_its_hash()
    {
        var bodies = new ConcurrentQueue<string>();
        await using FlowServer shop = await FlowServer.StartAsync(app => app.MapPost("/files", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Enqueue(await reader.ReadToEndAsync());
        }));
        await using Stage stage = await Stage.StartAsync("sqlite");
        JsonNode cat = await stage.User.PutAsync("/api/v1/api-files/cat.txt", new JsonObject { ["content"] = Convert.ToBase64String("a cat on a mat"u8) });
        long batch = await DocumentBatchAsync(stage, $$$"""
            orbit: 1
            cases:
              - name: send
                request: {method: POST, url: "{{{shop.Url}}}/files", body: {multipart: [{name: photo, file: "{{which}}.txt"}]}}
                assert: [{status: 200}]
            datasets:
              - {name: files, rows: [{which: cat}, {which: cat}]}
            scenarios:
              - {name: all, dataset: files, steps: [send]}
            """);
        JsonNode ended = await EndAsync(stage, batch);

        Assert.Equal((2, 0), ((int)ended["pass_count"]!, (int)ended["fail_count"]!));
        Assert.Equal(2, bodies.Count);
        Assert.All(bodies, b => Assert.Contains("filename=\"cat.txt\"\r\nContent-Type: application/octet-stream\r\n\r\na cat on a mat\r\n", b, StringComparison.Ordinal));
        JsonNode row = await stage.User.GetAsync($"/api/v1/batches/{batch}/rows/1");
        JsonNode sent = row["attempts"]![0]!["steps"]![0]!["request"]!["files"]![0]!;
        Assert.Equal(("cat.txt", (string)cat["sha256"]!), ((string)sent["name"]!, (string)sent["sha256"]!));
    }

    private static async Task<long> DocumentBatchAsync(Stage stage, string document) =>
        (long)(await stage.User.PostAsync("/api/v1/batches", new JsonObject { ["document"] = document }))["id"]!;

    private static Task<JsonNode> BatchAsync(Stage stage, long id) => stage.User.GetAsync($"/api/v1/batches/{id}");

    private static Task<JsonNode> EndAsync(Stage stage, long id) =>
        Eventually.ReadAsync(() => BatchAsync(stage, id), b => (string)b["status"]! is "COMPLETED" or "STOPPED", Limit);

    /// <summary>Rows that have an outcome, with when they got it.</summary>
    private static async Task<Dictionary<long, string>> FinishedAsync(Stage stage, long id, int atLeast)
    {
        JsonNode page = await Eventually.ReadAsync(
            () => stage.User.GetAsync($"/api/v1/batches/{id}/rows?page_size=1000"), p => p["rows"]!.AsArray().Count(r => r!["finished_at"] is not null) >= atLeast, Limit);
        return page["rows"]!.AsArray().Where(r => r!["finished_at"] is not null).ToDictionary(r => (long)r!["row"]!, r => $"{r!["finished_at"]} {r["attempt"]}");
    }
}
