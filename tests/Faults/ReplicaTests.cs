using System.Text.Json.Nodes;
using Orbit.Faults.Rig;

namespace Orbit.Faults;

/// <summary>Three control planes behind nginx, each killed in turn while a test runs and somebody looks on.</summary>
public sealed class ReplicaTests
{
    [Fact]
    public async Task Whichever_replica_is_killed_the_run_goes_on_once_and_its_watcher_misses_nothing()
    {
        await using ReplicaSet set = await ReplicaSet.StartAsync(3);
        var effects = new EffectSuite(set.Suites);
        JsonNode parameters = await set.Admin.PostAsync("/api/v1/parameter-sets", new JsonObject { ["name"] = "effects", ["parameters"] = effects.Parameters });
        JsonNode item = await set.Admin.PostAsync("/api/v1/test-items", new JsonObject { ["name"] = "effects", ["job_name"] = "lab/effects", ["parameter_set_id"] = (long)parameters["id"]! });
        List<long> runs = [];
        for (int number = 0; number < 3; number++)
        {
            effects.Hold();
            long run = (long)(await set.Admin.PostAsync($"/api/v1/test-items/{(long)item["id"]!}/deploy-test", new JsonObject()))["id"]!;
            runs.Add(run);
            Task<List<JsonObject>> watching = WatchAsync(set.Admin, run);
            await effects.BegunAsync(runs.Count);

            set.Kill(number);
            effects.LetGo();
            List<JsonObject> seen = await watching.WaitAsync(TimeSpan.FromMinutes(2));
            await set.StartReplicaAsync(number);

            RunEvents.AssertWhole(seen);
            Assert.Equal("PASSED", (string)seen[^1]["verdict"]!);
        }

        Assert.Equal(runs, effects.Begun);
    }

    /// <summary>Looks on as the page does: again from the last number seen, whenever the stream breaks.</summary>
    private static async Task<List<JsonObject>> WatchAsync(Api reader, long run)
    {
        List<JsonObject> seen = [];
        while (seen.Count == 0 || RunEvents.Type(seen[^1]) != "FINISHED")
        {
            try
            {
                await foreach (JsonObject line in reader.LinesAsync($"/api/v1/deploy-test-runs/{run}/events?after_seq={1 + seen.Count}"))
                {
                    if (RunEvents.IsStored(line))
                    {
                        seen.Add(line);
                    }
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or Xunit.Sdk.XunitException)
            {
                await Task.Delay(50); // the replica is gone; the balancer knows another
            }
        }

        return seen;
    }
}
