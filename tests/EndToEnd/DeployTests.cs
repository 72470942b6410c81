using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>A build goes in, a tested and reported deployment comes out.</summary>
public sealed class DeployTests
{
    [Theory]
    [MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_good_build_passes_and_the_next_one_with_bugs_does_not(string provider)
    {
        await using Stage stage = await Stage.StartAsync(provider, reports: true);
        Samples samples = new(stage);
        long item = await stage.ItemAsync("shop", samples.Shop());
        JsonNode first = await stage.AnnounceAsync("shop", "1");
        JsonNode again = await stage.AnnounceAsync("shop", "1", (string)first["package_path"]!);
        JsonNode good = await stage.EndAsync(await stage.TriggerAsync(item, (long)first["id"]!));
        JsonNode second = await stage.AnnounceAsync("shop", "2");
        JsonNode bad = await stage.EndAsync(await stage.TriggerAsync(item, (long)second["id"]!));

        Assert.Equal(((long)first["id"]!, true), ((long)again["id"]!, (bool)again["duplicate"]!));
        AssertEnded(good, "PASSED", passed: 38, failed: 0);
        AssertEnded(bad, "TESTS_FAILED", passed: 35, failed: 3);
        Assert.All(bad["steps"]!.AsArray(), step => Assert.Equal("SUCCEEDED", (string)step!["status"]!));
        Assert.Equal(["start", "stop", "start"], samples.Diary.Select(line => line.Split(' ')[0]));
        Assert.Equal("2", await samples.ShopVersionAsync());
        await AssertReportAsync(stage, good, bad);
    }

    [Fact]
    public async Task An_openresty_service_is_replaced_whole_or_updated_in_place()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        Samples samples = new(stage);
        string mine = Path.Combine(samples.EdgeDirectory, "html/mine.html");
        long item = await stage.ItemAsync("edge", samples.Edge());
        long first = (long)(await stage.AnnounceAsync("edge", "1"))["id"]!;
        long second = (long)(await stage.AnnounceAsync("edge", "2"))["id"]!;

        AssertEnded(await stage.EndAsync(await stage.TriggerAsync(item, first)), "PASSED", passed: 10, failed: 0);
        await File.WriteAllTextAsync(mine, "mine");
        AssertEnded(await stage.EndAsync(await stage.TriggerAsync(item, second, new() { ["upgrade_type"] = "update" })), "TESTS_FAILED", passed: 8, failed: 2);
        Assert.True(File.Exists(mine), "an update removed what the package does not hold");
        Assert.Equal("2", await samples.EdgeVersionAsync());
        AssertEnded(await stage.EndAsync(await stage.TriggerAsync(item, first)), "PASSED", passed: 10, failed: 0);
        Assert.False(File.Exists(mine), "a full replacement kept what the package does not hold");
        Assert.Equal(["start", "stop", "start", "stop", "start"], samples.Diary);
    }

    private static void AssertEnded(JsonNode run, string verdict, int passed, int failed)
    {
        Assert.True(verdict == (string)run["verdict"]! && (string)run["status"]! == "COMPLETED", run.ToJsonString());
        Assert.Equal((passed, failed), ((int)run["summary"]!["passed"]!, (int)run["summary"]!["failed"]!));
    }

    /// <summary>The report of each run opens for a signed-in user, and shows the second run's history.</summary>
    private static async Task AssertReportAsync(Stage stage, params JsonNode[] runs)
    {
        foreach (JsonNode run in runs)
        {
            using HttpResponseMessage page = await stage.User.PageAsync((string)run["report_url"]!);
            string text = await page.Content.ReadAsStringAsync();
            Assert.True(page.IsSuccessStatusCode && text.Contains("<html", StringComparison.OrdinalIgnoreCase), $"{(int)page.StatusCode} {text}");
        }
    }
}
