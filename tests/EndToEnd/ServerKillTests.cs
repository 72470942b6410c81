using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>kill -9 of the control plane while tests run.</summary>
public sealed class ServerKillTests
{
    [Theory]
    [MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_goes_on_while_the_control_plane_is_dead_and_nothing_of_it_is_lost(string provider)
    {
        await using Stage stage = await Stage.StartAsync(provider);
        GatedSuite suite = new(stage, "gate");
        long run = await stage.TriggerAsync(await stage.ItemAsync("gate", suite.Parameters), build: null);
        suite.LetThrough(0, 1);
        await suite.ReachedAsync(2);

        stage.Server.Kill();
        suite.LetThrough(2, 3);
        await suite.ReachedAsync(4);
        await stage.StartServerAsync();
        suite.LetAllThrough();
        JsonNode ended = await stage.EndAsync(run);

        Assert.Equal(("PASSED", GatedSuite.Count), ((string)ended["verdict"]!, (int)ended["summary"]!["passed"]!));
        List<JsonObject> events = await stage.EventsAsync(run);
        RunEvents.AssertWhole(events);
        string[] tests = [.. Enumerable.Range(0, GatedSuite.Count).Select(n => $"test_gate.py::test_gate[{n}]")];
        Assert.Equal(tests, RunEvents.Tests(events, "TEST_STARTED"));
        Assert.Equal(tests, RunEvents.Tests(events, "TEST_FINISHED"));
        string log = await stage.User.TextAsync($"/api/v1/deploy-test-runs/{run}/logs?step=test");
        Assert.Equal(
            GatedSuite.ExpectedLines,
            log.Split('\n').Where(line => line.StartsWith("before ", StringComparison.Ordinal) || line.StartsWith("after ", StringComparison.Ordinal)));
    }
}
