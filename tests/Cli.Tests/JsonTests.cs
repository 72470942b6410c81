using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class JsonTests
{
    [Fact]
    public async Task A_run_is_written_as_rest_writes_it()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        Run run = Some.Run(RunStatus.Completed, Verdict.TestsFailed);
        run.LastSeq = 9_007_199_254_740_993; // beyond what a double holds
        run.Steps.Add(new Step { Name = "test", Status = StepStatus.Succeeded, ExitCode = 1, DurationMs = 1500 });
        run.Steps.Add(new Step { Name = "report", Status = StepStatus.Unspecified });
        run.Parameters = new Struct
        {
            Fields =
            {
                ["service"] = Value.ForString("网关 \u001b"), ["keep_backups"] = Value.ForNumber(3), ["ratio"] = Value.ForNumber(0.5), ["none"] = Value.ForNull(),
                ["binaries"] = Value.ForList(Value.ForString("bin/*"), Value.ForBool(true)),
            },
        };
        server.Answers.When<GetRunRequest, Run>(_ => run);
        using var cli = new OrbitCli(server) { OutputIsTerminal = true };

        JsonNode json = JsonNode.Parse((await cli.RunAsync("run", "12", "--json")).Output)!;

        Assert.Equal("""{"id":12,"status":"COMPLETED","verdict":"TESTS_FAILED","failure_class":null,"last_seq":9007199254740993,"created_at":"2026-03-04T12:00:00Z","started_at":null}""",
            Only(json, "id", "status", "verdict", "failure_class", "last_seq", "created_at", "started_at"));
        Assert.Equal("""{"name":"test","status":"SUCCEEDED","exit_code":1,"duration_ms":1500}""", Only(json["steps"]![0]!, "name", "status", "exit_code", "duration_ms"));
        Assert.Equal("""{"status":null,"exit_code":null}""", Only(json["steps"]![1]!, "status", "exit_code"));
        Assert.Equal("""{"keep_backups":3,"ratio":0.5,"none":null,"binaries":["bin/*",true]}""", Only(json["parameters"]!, "keep_backups", "ratio", "none", "binaries"));
        Assert.Equal("网关 \u001b", json["parameters"]!["service"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_list_is_one_document_however_many_pages_it_took()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListBuildsRequest, ListBuildsResponse>(asked => new()
        {
            Builds = { Enumerable.Range(int.Parse("0" + asked.PageToken, null), 40).Select(id => new Build { Id = id, Labels = { ["GIT_COMMIT"] = "0a1b" } }) },
            NextPageToken = asked.PageToken switch { "" => "40", "40" => "80", _ => "" },
        });
        using var cli = new OrbitCli(server);

        using JsonDocument json = JsonDocument.Parse((await cli.RunAsync("builds", "--limit", "1000", "--json")).Output);

        JsonElement builds = json.RootElement.GetProperty("builds");
        Assert.Equal(120, builds.GetArrayLength());
        Assert.Equal("0a1b", builds[119].GetProperty("labels").GetProperty("GIT_COMMIT").GetString());
        Assert.Equal("", json.RootElement.GetProperty("next_page_token").GetString());
    }

    [Fact]
    public async Task What_show_writes_can_be_edited_and_sent_back()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        var item = new TestItem { Id = 3, Name = "shop", JobName = "lab/shop", ParameterSetId = 2, Enabled = true, CreatedAt = Some.Noon, Labels = { ["os"] = "el7" } };
        server.Answers.When<GetTestItemRequest, TestItem>(_ => item);
        server.Answers.When<UpdateTestItemRequest, TestItem>(_ => item);
        using var cli = new OrbitCli(server);

        cli.Input = (await cli.RunAsync("item", "show", "3", "--json")).Output.Replace("el7", "el8", StringComparison.Ordinal);
        Outcome outcome = await cli.RunAsync("item", "update", "3", "--file", "-");

        Assert.Equal(0, outcome.ExitCode);
        UpdateTestItemRequest asked = server.Answers.AskedFor<UpdateTestItemRequest>().Single();
        Assert.Equal((3, "shop", "lab/shop", 2, "el8", true), (asked.Id, asked.Name, asked.JobName, asked.ParameterSetId, asked.Labels["os"], asked.Enabled));
    }

    [Theory]
    [InlineData("""{"service": "shop", "test": {"timeout_s": 60}}""")]
    [InlineData("""{"id": 9, "name": "other", "parameters": {"service": "shop", "test": {"timeout_s": 60}}, "updated_by": "x"}""")]
    public async Task A_parameter_set_is_made_from_bare_parameters_or_from_a_whole_set(string json)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<CreateParameterSetRequest, ParameterSet>(asked => new() { Id = 1, Name = asked.Name, Parameters = asked.Parameters });
        using var cli = new OrbitCli(server) { Input = json };

        Outcome outcome = await cli.RunAsync("params", "create", "--name", "shop");

        Assert.Equal(0, outcome.ExitCode);
        CreateParameterSetRequest asked = server.Answers.AskedFor<CreateParameterSetRequest>().Single();
        Assert.Equal("shop", asked.Name);
        Assert.Equal(60, asked.Parameters.Fields["test"].StructValue.Fields["timeout_s"].NumberValue);
    }

    [Theory]
    [InlineData("{ \"service\": ", "standard input is not valid JSON at line 1")]
    [InlineData("[1]", "standard input must hold a JSON object")]
    [InlineData("{\"a\": 1, \"a\": 2}", "standard input is not valid JSON")]
    public async Task Broken_JSON_is_told_with_its_place(string json, string message)
    {
        using var cli = new OrbitCli { Input = json };

        Outcome outcome = await cli.RunAsync("params", "create", "--name", "shop");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("(INVALID_JSON)\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overrides_of_a_trigger_are_merged_and_typed()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<GetTestItemRequest, TestItem>(_ => new() { Id = 3, Name = "shop", JobName = "lab/shop" });
        server.Answers.When<ListBuildsRequest, ListBuildsResponse>(_ => new() { Builds = { new Build { Id = 6, BuildNumber = "451" }, new Build { Id = 7, BuildNumber = "45" } } });
        server.Answers.When<TriggerDeployTestRequest, Run>(_ => Some.Run());
        using var cli = new OrbitCli(server);
        string file = Path.Combine(cli.Folder, "overrides.json");
        await File.WriteAllTextAsync(file, """{"env": {"REGION": "lab"}, "test": {"timeout_s": 10}}""");

        Outcome outcome = await cli.RunAsync(
            "trigger", "3", "--build-number", "45", "--params", file, "--param", "test.timeout_s=60", "--param", "env.BASE_URL=http://x/?a=b",
            "--param", "rollback=never", "--param", "preserve=[\"logs/**\"]", "--priority", "-5", "--key", "ci-1");

        Assert.Equal(0, outcome.ExitCode);
        TriggerDeployTestRequest asked = server.Answers.AskedFor<TriggerDeployTestRequest>().Single();
        Assert.Equal((3L, 7L, -5, "ci-1"), (asked.TestItemId, asked.BuildInfoId, asked.Priority, asked.IdempotencyKey));
        Assert.Equal(
            """{"env":{"REGION":"lab","BASE_URL":"http://x/?a=b"},"test":{"timeout_s":60},"rollback":"never","preserve":["logs/**"]}""",
            Output.WireJson.Line(asked.Parameters));
    }

    [Fact]
    public async Task Two_builds_of_one_number_are_named_instead_of_guessed()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<GetTestItemRequest, TestItem>(_ => new() { Id = 3, JobName = "lab/shop" });
        server.Answers.When<ListBuildsRequest, ListBuildsResponse>(_ => new()
        {
            Builds = { new Build { Id = 6, BuildNumber = "45", PackagePath = "45/el7" }, new Build { Id = 7, BuildNumber = "45", PackagePath = "45/el8" } },
        });
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("trigger", "3", "--build-number", "45");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("6 (45/el7), 7 (45/el8)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_is_sent_in_the_type_it_has()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListSettingsRequest, ListSettingsResponse>(_ => new()
        {
            Settings = { new Setting { Key = "project_name", Default = Value.ForString("Orbit") }, new Setting { Key = "max_runs", Default = Value.ForNumber(4) } },
        });
        server.Answers.When<UpdateSettingsRequest, UpdateSettingsResponse>(_ => new());
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("settings", "set", "project_name", "2026", "max_runs=8");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("""{"project_name":"2026","max_runs":8}""", Output.WireJson.Line(server.Answers.AskedFor<UpdateSettingsRequest>().Single().Settings));
    }

    private static string Only(JsonNode node, params string[] names)
    {
        var only = new JsonObject();
        foreach (string name in names)
        {
            only[name] = node[name]?.DeepClone();
            Assert.True(node.AsObject().ContainsKey(name), name);
        }

        return only.ToJsonString();
    }
}
