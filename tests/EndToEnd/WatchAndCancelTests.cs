using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>Looking on with broken connections, and ending a run.</summary>
public sealed class WatchAndCancelTests
{
    [Fact]
    public async Task A_watcher_whose_connection_breaks_again_and_again_sees_what_a_clean_reader_sees()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        GatedSuite suite = new(stage, "gate");
        long run = await stage.TriggerAsync(await stage.ItemAsync("gate", suite.Parameters), build: null);
        List<JsonObject> seen = [];
        int connections = 0;
        while (seen.Count == 0 || RunEvents.Type(seen[^1]) != "FINISHED")
        {
            connections++;
            long after = seen.Count == 0 ? 1 : RunEvents.Seq(seen[^1]);
            await foreach (JsonObject line in stage.User.LinesAsync($"/api/v1/deploy-test-runs/{run}/events?after_seq={after}").Where(RunEvents.IsStored).Take(3))
            {
                seen.Add(line);
                suite.LetThrough(Math.Min(seen.Count / 3, GatedSuite.Count - 1));
                if (RunEvents.Type(line) == "TEST_STARTED")
                {
                    suite.LetAllThrough();
                }
            }
        }

        List<JsonObject> clean = await stage.EventsAsync(run);

        Assert.True(connections > 4, $"{connections} connections");
        RunEvents.AssertWhole(clean);
        Assert.Equal(clean.Select(line => line.ToJsonString()), seen.Select(line => line.ToJsonString()));
        Assert.Equal(clean.Skip(4).Select(RunEvents.Seq), (await stage.EventsAsync(run, after: 5)).Select(RunEvents.Seq));
    }

    [Fact]
    public async Task Cancelling_ends_the_whole_process_tree()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        GatedSuite suite = new(stage, "gate");
        suite.WithChildren();
        suite.LetThrough(0, 1);
        long run = await stage.TriggerAsync(await stage.ItemAsync("gate", suite.Parameters), build: null);
        await suite.ReachedAsync(2);
        Assert.True(suite.Alive().Count >= 3, "the tests have no children");

        await stage.User.PostAsync($"/api/v1/deploy-test-runs/{run}/cancel", new JsonObject { ["reason"] = "wrong build" });
        JsonNode ended = await stage.EndAsync(run);

        Assert.Equal(("CANCELLED", "CANCELLED"), ((string)ended["status"]!, (string)ended["verdict"]!));
        Assert.Equal((2, 1, 3), ((int)ended["summary"]!["passed"]!, (int)ended["summary"]!["interrupted"]!, (int)ended["summary"]!["not_run"]!));
        await Eventually.ReadAsync(() => Task.FromResult(suite.Alive()), alive => alive.Count == 0);
    }
}
