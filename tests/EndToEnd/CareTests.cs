using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>An agent that looks after its host.</summary>
public sealed class CareTests
{
    [Fact]
    public async Task An_agent_says_what_it_finds_on_its_host_when_it_is_asked()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        long id = (long)(await stage.User.GetAsync("/api/v1/agents"))["agents"]![0]!["id"]!;

        JsonNode agent = await stage.User.PostAsync($"/api/v1/agents/{id}/check", new JsonObject());

        Assert.Equal("disk,clock,interpreter,tools,policy,package_server", string.Join(',', agent["check"]!["findings"]!.AsArray().Select(one => (string)one!["name"]!)));
        Assert.True((bool)agent["check"]!["ok"]!, agent["check"]!.ToJsonString());
        using ChildProgram check = ChildProgram.Start(
            "dotnet", [Programs.Cli, "agents", "check", "host-a", "--server", stage.GrpcAddress.ToString()], new Dictionary<string, string> { ["ORBIT_TOKEN"] = stage.User.Token });
        Assert.Equal(0, await check.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("MB free", check.Output, StringComparison.Ordinal);
    }
}
