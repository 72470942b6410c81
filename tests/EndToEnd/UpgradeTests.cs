using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>Agents as the install script puts them on hosts, upgraded by the control plane.</summary>
public sealed class UpgradeTests
{
    private const string Old = "0.1.0";
    private const string New = "0.2.0";

    [Fact]
    public async Task Agents_are_upgraded_while_they_work_and_nothing_is_lost_or_done_twice()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        await using Fleet fleet = await Fleet.StartAsync(stage, 5);
        EffectSuite suite = new(stage.Suites);
        long item = await stage.ItemAsync("effects", suite.Parameters, new JsonObject { ["pool"] = "fleet" });
        long[] held = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => stage.TriggerAsync(item, build: null)));
        await suite.BegunAsync(5);
        long[] queued = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => stage.TriggerAsync(item, build: null)));

        await AgentArchive.PutVersionAsync(stage.Install, New);
        JsonNode upgrade = await fleet.UpgradeAsync(canaries: 1, share: 40);
        JsonNode done = await fleet.UntilAsync(upgrade, "COMPLETED");

        Assert.Equal("UPGRADED,UPGRADED,UPGRADED,UPGRADED,UPGRADED", fleet.MembersOf(done, "state"));
        Assert.All((await fleet.AgentsAsync()).Values, agent => Assert.StartsWith(New + "+", (string)agent["version"]!, StringComparison.Ordinal));
        suite.LetGo();
        foreach (long run in held.Concat(queued))
        {
            Assert.Equal("PASSED", (string)(await stage.EndAsync(run))["verdict"]!);
            RunEvents.AssertWhole(await stage.EventsAsync(run));
        }

        Assert.Equal(held.Concat(queued).Order(), suite.Begun.Order());
    }

    [Fact]
    public async Task A_package_that_does_not_work_stops_at_the_canary_which_goes_back_and_works_on()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        await using Fleet fleet = await Fleet.StartAsync(stage, 2);
        EffectSuite suite = new(stage.Suites);
        long item = await stage.ItemAsync("effects", suite.Parameters, new JsonObject { ["pool"] = "fleet" });
        long[] held = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => stage.TriggerAsync(item, build: null)));
        await suite.BegunAsync(2);

        await AgentArchive.PutVersionAsync(stage.Install, "0.3.0", "#!/bin/sh\necho this host is too old; exit 3\n");
        JsonNode refused = await fleet.UntilAsync(await fleet.UpgradeAsync(canaries: 1, share: 50), "HALTED");
        Assert.Contains("does not run on this host (exit code 3): this host is too old", (string)refused["reason"]!, StringComparison.Ordinal);
        Assert.Equal("FAILED,WAITING", fleet.MembersOf(refused, "state"));
        await stage.Admin.PostAsync($"/api/v1/agent-upgrades/{(long)refused["id"]!}/abort", new JsonObject());

        await AgentArchive.PutVersionAsync(stage.Install, "0.4.0", "#!/bin/sh\n[ \"$1\" != --version ] || { echo 0.4.0; exit 0; }\ntrap '' TERM\nwhile :; do sleep 1; done\n");
        JsonNode broken = await fleet.UntilAsync(await fleet.UpgradeAsync(canaries: 1, share: 50), "HALTED");
        Assert.Contains($"no session within {Fleet.Limit} s; the one before was put back", (string)broken["reason"]!, StringComparison.Ordinal);
        Assert.Equal("FAILED,WAITING", fleet.MembersOf(broken, "state"));
        Assert.All((await fleet.AgentsAsync()).Values, agent => Assert.StartsWith(Old + "+", (string)agent["version"]!, StringComparison.Ordinal));
        await stage.Admin.PostAsync($"/api/v1/agent-upgrades/{(long)broken["id"]!}/abort", new JsonObject());

        await AgentArchive.PutVersionAsync(stage.Install, New);
        await fleet.UntilAsync(await fleet.UpgradeAsync(canaries: 1, share: 50), "COMPLETED");
        suite.LetGo();
        foreach (long run in held)
        {
            Assert.Equal("PASSED", (string)(await stage.EndAsync(run))["verdict"]!);
        }

        Assert.Equal(held.Order(), suite.Begun.Order());
    }

    /// <summary>Agents below directories of their own, kept running by their keepers.</summary>
    private sealed class Fleet : IAsyncDisposable
    {
        /// <summary>Seconds that a new agent may take to a session.</summary>
        public const int Limit = 15;

        private readonly Stage _stage;
        private readonly string[] _roots;

        private Fleet(Stage stage, int count) =>
            (_stage, _roots) = (stage, [.. Enumerable.Range(0, count).Select(n => Path.Combine(stage.Directory, $"fleet-{n}"))]);

        public static async Task<Fleet> StartAsync(Stage stage, int count)
        {
            Fleet fleet = new(stage, count);
            try
            {
                await AgentArchive.PutVersionAsync(stage.Install, Old);
                await Task.WhenAll(fleet._roots.Select(fleet.InstallAsync));
                return fleet;
            }
            catch
            {
                await fleet.DisposeAsync();
                throw;
            }
        }

        public Task<JsonNode> UpgradeAsync(int canaries, int share) => _stage.Admin.PostAsync(
            "/api/v1/agent-upgrades", new JsonObject { ["labels"] = new JsonObject { ["pool"] = "fleet" }, ["canaries"] = canaries, ["share_percent"] = share, ["pause_s"] = 0 });

        public Task<JsonNode> UntilAsync(JsonNode upgrade, string state) => Eventually.ReadAsync(
            () => _stage.User.GetAsync($"/api/v1/agent-upgrades/{(long)upgrade["id"]!}"), one => (string)one["state"]! == state, TimeSpan.FromSeconds(120));

        public string MembersOf(JsonNode upgrade, string field) => string.Join(',', upgrade["members"]!.AsArray().Select(one => (string)one![field]!));

        public async Task<Dictionary<string, JsonNode>> AgentsAsync() =>
            (await _stage.User.GetAsync("/api/v1/agents"))["agents"]!.AsArray().Where(one => ((string)one!["name"]!).StartsWith("fleet-", StringComparison.Ordinal))
                .ToDictionary(one => (string)one!["name"]!, one => one!);

        public async ValueTask DisposeAsync()
        {
            foreach (string root in _roots.Where(root => File.Exists(Path.Combine(root, "opt/orbit/agent-keeper"))))
            {
                using ChildProgram stop = ChildProgram.Start(Path.Combine(root, "opt/orbit/agent-keeper"), ["stop"]);
                await stop.ExitAsync(TimeSpan.FromSeconds(40));
            }
        }

        private async Task InstallAsync(string root)
        {
            string name = Path.GetFileName(root);
            string line = (string)(await _stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = name }))["install_command"]!;
            Dictionary<string, string> environment = new()
            {
                ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
                ["ORBIT_AGENT_UPGRADE_LIMIT"] = $"{Limit}",
                ["ORBIT_AGENT_RECONNECT_CAP"] = "1",
            };
            using ChildProgram shell = ChildProgram.Start("/bin/sh", ["-c", $"{line} --root {root} --name {name} --label pool=fleet --allow {_stage.Suites}"], environment);
            int code = await shell.ExitAsync(TimeSpan.FromSeconds(120));
            Assert.True(code == 0, shell.Output);
        }
    }
}
