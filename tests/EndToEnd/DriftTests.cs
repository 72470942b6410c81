using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>What somebody changes by hand on a host does not stay hidden.</summary>
public sealed class DriftTests
{
    [Theory]
    [InlineData("shop", "bin/shop.py", true)]
    [InlineData("edge", "html/404.html", false)]
    public async Task A_file_changed_by_hand_shows_within_an_interval_and_in_the_next_runs_result(string service, string file, bool script)
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        Samples samples = new(stage);
        long item = await stage.ItemAsync(service, service == "shop" ? samples.Shop() : samples.Edge());
        long build = (long)(await stage.AnnounceAsync(service, "1"))["id"]!;
        long first = await stage.TriggerAsync(item, build);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(first))["verdict"]!);
        long again = await stage.TriggerAsync(item, build);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(again))["verdict"]!);
        Assert.DoesNotContain(await NotesAsync(stage, again), note => note.StartsWith("DRIFT", StringComparison.Ordinal));
        Assert.DoesNotContain("Changed by hand", stage.Agent.Output, StringComparison.Ordinal);

        string changed = Path.Combine(service == "shop" ? samples.ShopDirectory : samples.EdgeDirectory, file);
        await File.AppendAllTextAsync(changed, script ? "# by hand\n" : "<!-- by hand -->\n");
        await Eventually.HoldsAsync(() => stage.Agent.Output.Contains($"Changed by hand: Of {service}, 1 of what", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        JsonNode seen = await Eventually.ReadAsync(() => EntryAsync(stage), entry => (int)entry["changed"]! == 1, TimeSpan.FromSeconds(10));
        Assert.Equal(("host-a", service, again, "dev@example.com", true), ((string)seen["agent"]!, (string)seen["service"]!, (long)seen["run_id"]!, (string)seen["deployed_by"]!, (bool)seen["running"]!));
        Assert.Equal((build, 64), ((long)seen["build_id"]!, ((string)seen["manifest_hash"]!).Length));
        Assert.NotNull(seen["changed_since"]);
        long next = await stage.TriggerAsync(item, build);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(next))["verdict"]!);

        string note = Assert.Single(await NotesAsync(stage, next), text => text.StartsWith("DRIFT", StringComparison.Ordinal));
        Assert.Contains($"(run {again}) installed is not as it was: {file}: has other content", note, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => stage.Agent.Output.Contains($"{service} is again what", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        JsonNode mended = await Eventually.ReadAsync(() => EntryAsync(stage), entry => (long)entry["run_id"]! == next, TimeSpan.FromSeconds(10));
        Assert.Equal((0, ""), ((int)mended["changed"]!, (string)mended["changed_text"]!));
        Assert.Empty((await stage.User.GetAsync("/api/v1/inventory?changed=true"))["entries"]!.AsArray());
        Assert.DoesNotContain("by hand", await File.ReadAllTextAsync(changed), StringComparison.Ordinal);
    }

    private static async Task<JsonNode> EntryAsync(Stage stage) => Assert.Single((await stage.User.GetAsync("/api/v1/inventory"))["entries"]!.AsArray())!;

    private static async Task<List<string>> NotesAsync(Stage stage, long run) =>
        [.. (await stage.EventsAsync(run)).Where(line => ((string)line["type"]!).EndsWith("NOTE", StringComparison.OrdinalIgnoreCase)).Select(line => (string)line["text"]!)];
}
