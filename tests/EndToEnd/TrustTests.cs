using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>A real agent and a control plane with an authority of its own.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task An_agent_survives_rotations_that_it_saw_and_rotations_that_it_slept_through()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string pinned = Path.Combine(stage.Directory, "agent", "identity", "ca.pem");
        string first = await File.ReadAllTextAsync(pinned);

        await stage.Admin.PostAsync("/api/v1/trust/rotate", new JsonObject());
        await Eventually.HoldsAsync(() => File.ReadAllText(pinned).Split("BEGIN CERTIFICATE").Length == 3, TimeSpan.FromSeconds(20)); // both, for a while
        Assert.Equal(0, await stage.Agent.StopAsync());
        JsonNode slept = await stage.Admin.PostAsync("/api/v1/trust/rotate", new JsonObject());
        await File.WriteAllTextAsync(pinned, first); // as if it had slept through both
        stage.StartAgent();
        await stage.OnlineAsync();
        await Eventually.HoldsAsync(() => File.ReadAllText(pinned).Contains((string)slept["certificate"]!, StringComparison.Ordinal), TimeSpan.FromSeconds(20));

        GatedSuite suite = new(stage, "quick");
        suite.LetAllThrough();
        long run = await stage.TriggerAsync(await stage.ItemAsync("quick", suite.Parameters), build: null);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(run))["verdict"]!);
    }

    [Fact]
    public async Task An_agent_does_not_join_a_server_whose_authority_its_token_does_not_name()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        JsonNode join = await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject());
        string token = (string)join["token"]!;
        string fingerprint = token.Split('.')[1];
        string other = token.Split('.')[0] + "." + new string(fingerprint[0] == '0' ? '1' : '0', 1) + fingerprint[1..];

        using ChildProgram stranger = stage.AnotherAgent(token: other, data: "stranger");
        await Eventually.HoldsAsync(() => stranger.Output.Contains("Somebody may be between", StringComparison.Ordinal), TimeSpan.FromSeconds(20));

        Assert.False(File.Exists(Path.Combine(stage.Directory, "stranger", "identity", "ca.pem")));
        Assert.Single((await stage.User.GetAsync("/api/v1/agents"))["agents"]!.AsArray());
    }

    [Fact]
    public async Task A_copied_data_directory_is_noticed_and_the_right_host_joins_again()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string original = Path.Combine(stage.Directory, "agent");
        Assert.Equal(0, await stage.Agent.StopAsync());
        await ChildProgram.RunAsync("/bin/cp", "-a", original, Path.Combine(stage.Directory, "copy"));
        stage.StartAgent();
        await stage.OnlineAsync();

        using ChildProgram copy = stage.AnotherAgent(data: "copy");
        JsonNode agent = await Eventually.ReadAsync(async () => (await stage.User.GetAsync("/api/v1/agents"))["agents"]![0]!, a => (string)a["state"]! == "QUARANTINED", TimeSpan.FromSeconds(90));
        Assert.Contains("one at 127.0.0.1 and one at 127.0.0.1", (string)agent["note"]!, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => stage.Agent.Output.Contains("AGENT_QUARANTINED", StringComparison.Ordinal), TimeSpan.FromSeconds(90));

        Assert.Equal(0, await stage.Agent.StopAsync());
        JsonNode token = await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "host-a", ["rejoin"] = true });
        stage.StartAgent(token: (string)token["token"]!);
        await stage.OnlineAsync();

        JsonNode back = Assert.Single((await stage.User.GetAsync("/api/v1/agents"))["agents"]!.AsArray())!;
        Assert.Equal(((long)agent["id"]!, ""), ((long)back["id"]!, (string)back["note"]!));
        await Eventually.HoldsAsync(() => copy.Output.Contains("AGENT_UNKNOWN", StringComparison.Ordinal), TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task A_key_is_exchanged_while_the_agent_runs_and_the_new_one_opens_the_next_session()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string file = Path.Combine(stage.Directory, "agent", "identity", "agent.key");
        string before = await File.ReadAllTextAsync(file);
        long id = (long)(await stage.User.GetAsync("/api/v1/agents"))["agents"]![0]!["id"]!;

        await stage.Admin.PostAsync($"/api/v1/agents/{id}/rotate-key", new JsonObject());
        await Eventually.HoldsAsync(() => File.ReadAllText(file) != before, TimeSpan.FromSeconds(20));
        Assert.Equal(0, await stage.Agent.StopAsync());
        stage.StartAgent();
        await stage.OnlineAsync();

        Assert.Equal(0, await stage.Agent.StopAsync());
        await File.WriteAllTextAsync(file, before);
        stage.StartAgent();
        await Eventually.HoldsAsync(() => stage.Agent.Output.Contains("AGENT_UNKNOWN", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
    }
}
