using System.Globalization;
using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>kill -9 of the agent in the middle of a deployment over an installed version.</summary>
public sealed class AgentKillTests : IAsyncLifetime
{
    private Stage _stage = null!;
    private Samples _samples = null!;
    private long _item;
    private int _lastBuild;

    public async Task InitializeAsync()
    {
        _stage = await Stage.StartAsync(Databases.Sqlite);
        _samples = new(_stage);
        JsonObject parameters = _samples.Shop();
        parameters["test"]!["command"] = new JsonArray("./run_pytest.sh", "-k", "version or health");
        _item = await _stage.ItemAsync("shop", parameters);
        JsonNode installed = await _stage.EndAsync(await TriggerNextAsync());
        Assert.Equal("PASSED", (string)installed["verdict"]!);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task A_run_ends_truthfully_wherever_its_agent_was_killed_and_nothing_is_started_or_stopped_twice()
    {
        string[] points =
        [
            "accept.journaled", "download.intent", "extract.result", "stop.spawned", "backup.change", "replace.intent", "replace.change",
            "start.spawned", "health.intent", "test.spawned", "plan.ended",
        ];
        foreach (string point in points)
        {
            int before = _samples.Diary.Count;
            await RestartAgentAsync(point);
            long run = await TriggerNextAsync();
            Assert.Equal((point, 137), (point, await _stage.Agent.ExitAsync(TimeSpan.FromSeconds(60))));
            _stage.StartAgent();

            JsonNode ended = await _stage.EndAsync(run);

            Assert.True("PASSED" == (string)ended["verdict"]! && (int)ended["summary"]!["passed"]! == 2, $"{point}: {ended.ToJsonString()}");
            Assert.Equal((point, "stop,start"), (point, string.Join(',', _samples.Diary.Skip(before).Select(line => line.Split(' ')[0]))));
            Assert.Equal((point, $"{_lastBuild + 10}"), (point, await _samples.ShopVersionAsync()));
            RunEvents.AssertWhole(await _stage.EventsAsync(run));
        }
    }

    [Fact]
    public async Task A_second_copy_of_an_agent_is_refused_and_the_first_goes_on()
    {
        using ChildProgram copy = _stage.AnotherAgent();

        int code = await copy.ExitAsync(TimeSpan.FromSeconds(30));

        Assert.NotEqual(0, code);
        Assert.Contains(Path.Combine(_stage.Directory, "agent"), copy.Output, StringComparison.Ordinal);
        Assert.Equal("PASSED", (string)(await _stage.EndAsync(await TriggerNextAsync()))["verdict"]!);
    }

    private async Task RestartAgentAsync(string failPoint)
    {
        _ = await _stage.Agent.StopAsync();
        _stage.StartAgent(failPoint);
        await _stage.OnlineAsync();
    }

    private async Task<long> TriggerNextAsync()
    {
        JsonNode build = await _stage.AnnounceAsync("shop", (++_lastBuild + 10).ToString(CultureInfo.InvariantCulture)); // not 2, which has bugs
        return await _stage.TriggerAsync(_item, (long)build["id"]!);
    }
}
