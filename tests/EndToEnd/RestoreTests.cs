using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>An older state of the control plane comes back, and agents have gone on since.</summary>
public sealed class RestoreTests
{
    [Theory]
    [MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_ran_or_waited_in_a_backup_and_ended_since_is_not_repeated(string provider)
    {
        await using Stage stage = await Stage.StartAsync(provider);
        EffectSuite effects = new(stage.Suites);
        long item = await stage.ItemAsync("effects", effects.Parameters);
        long running = await stage.TriggerAsync(item, build: null);
        await effects.BegunAsync(1);
        long waiting = await stage.TriggerAsync(item, build: null);
        string backup = await stage.BackUpAsync();
        effects.LetGo();
        Assert.Equal("PASSED", (string)(await stage.EndAsync(running))["verdict"]!);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(waiting))["verdict"]!);

        await stage.RestoreAsync(backup);

        foreach (long run in (long[])[running, waiting])
        {
            JsonNode unknown = await stage.RunAsync(run);
            Assert.Equal(("FAILED", "UNKNOWN"), ((string)unknown["status"]!, (string)unknown["verdict"]!));
        }

        long next = await stage.TriggerAsync(item, build: null);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(next))["verdict"]!);
        Assert.Equal([running, waiting, next], effects.Begun); // the new one came after all that could have been repeated
    }

    [Fact]
    public async Task What_an_agent_still_runs_when_a_backup_comes_back_is_ended_and_begun_by_nobody()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        EffectSuite effects = new(stage.Suites);
        long item = await stage.ItemAsync("effects", effects.Parameters);
        string before = await stage.BackUpAsync();
        long lost = await stage.TriggerAsync(item, build: null); // the backup knows nothing of it
        await effects.BegunAsync(1);

        await stage.RestoreAsync(before);
        effects.LetGo();
        long next = await stage.TriggerAsync(item, build: null);

        Assert.Equal("PASSED", (string)(await stage.EndAsync(next))["verdict"]!);
        Assert.Equal([lost, next], effects.Begun);
        Assert.True(next > lost + 1000); // no number is given twice
    }

    [Fact]
    public async Task A_database_file_that_was_put_back_by_hand_makes_its_agent_repeat_nothing()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        EffectSuite effects = new(stage.Suites);
        long item = await stage.ItemAsync("effects", effects.Parameters);
        long running = await stage.TriggerAsync(item, build: null);
        await effects.BegunAsync(1);
        long waiting = await stage.TriggerAsync(item, build: null);
        await stage.Server.StopAsync();
        stage.KeepDatabaseFile();
        await stage.StartServerAsync();
        effects.LetGo();
        await stage.EndAsync(running);
        await stage.EndAsync(waiting);

        await stage.Server.StopAsync();
        stage.PutDatabaseFileBack();
        await stage.StartServerAsync();

        Assert.Equal("UNKNOWN", (string)(await stage.EndAsync(running))["verdict"]!);
        Assert.Equal("UNKNOWN", (string)(await stage.EndAsync(waiting))["verdict"]!);
        Assert.Equal([running, waiting], effects.Begun);
    }
}
