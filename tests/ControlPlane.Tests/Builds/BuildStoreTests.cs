using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Builds;

public sealed class BuildStoreTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Twenty_copies_of_one_webhook_at_once_are_one_build(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        (Build Build, bool Duplicate)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(n => Announce(orbit, "CDN_CORE", "57", "p/el7", user: $"copy {n}")));

        Assert.Single(answers, a => !a.Duplicate);
        Build first = answers.Single(a => !a.Duplicate).Build;
        Assert.All(answers, a => Assert.Equal((first.Id, first.BuildUser, first.CreatedAt), (a.Build.Id, a.Build.BuildUser, a.Build.CreatedAt)));
        Assert.Equal(1, await orbit.Store.ReadAsync((db, ct) => db.Builds.CountAsync(ct), default));

        // One statement: an entry moves from the one table to the other while the test looks.
        int told = await orbit.Store.ReadAsync(
            (db, ct) => db.Set<FeedPending>().Select(_ => 1).Concat(db.Set<FeedEntry>().Select(_ => 1)).CountAsync(ct), default);
        Assert.Equal(1, told);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_first_facts_stay_and_another_path_is_another_build(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        (Build first, _) = await Announce(orbit, "J", "1", "p/el7", "zhang", new() { ["GIT_COMMIT"] = "aa" });
        (Build again, bool duplicate) = await Announce(orbit, "J", "1", "p/el7", "li", new() { ["GIT_COMMIT"] = "bb" });
        (Build el8, bool second) = await Announce(orbit, "J", "1", "p/el8", "zhang");

        Assert.True(duplicate);
        Assert.Equal((first.Id, "zhang", "aa"), (again.Id, again.BuildUser, again.LabelPairs["GIT_COMMIT"]));
        Assert.False(second);
        Assert.NotEqual(first.Id, el8.Id);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_longest_names_in_any_script_are_stored(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        string path = string.Concat(Enumerable.Range(0, 1024).Select(n => (char)(0x4E00 + (n * 7 % 5000))));

        (Build stored, _) = await Announce(orbit, new string('工', 255), new string('号', 64), path, new string('人', 255));
        Build read = await orbit.Store.ReadAsync((db, ct) => db.Builds.RequireAsync(stored.Id, ct), default);

        Assert.Equal(path, read.PackagePath);
        Assert.Equal(stored.CreatedAt, read.CreatedAt);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_list_is_newest_first_filtered_and_paged(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        for (int n = 1; n <= 7; n++)
        {
            await Announce(orbit, n % 2 == 0 ? "EVEN" : "Odd_50%", $"{n}", $"p/{n}", "zhang");
        }

        Assert.Equal([7, 6, 5, 4, 3, 2, 1], await Walk(orbit, new(), size: 3));
        Assert.Equal([6, 4, 2], await Walk(orbit, new() { JobName = "EVEN" }, size: 2));
        Assert.Equal([7, 5, 3, 1], await Walk(orbit, new() { Text = "ODD_50%" }, size: 4));
        Assert.Equal([4], await Walk(orbit, new() { Text = "P/4" }, size: 4));
        Assert.Empty(await Walk(orbit, new() { BuildUser = "li" }, size: 4));
        Assert.Empty(await Walk(orbit, new() { Before = DateTimeOffset.UnixEpoch }, size: 4));
        Assert.Equal(7, (await Walk(orbit, new() { From = DateTimeOffset.UnixEpoch }, size: 100)).Count);
    }

    [Fact]
    public async Task One_address_announces_no_more_builds_a_minute_than_the_setting_allows()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        await orbit.Services.GetRequiredService<ControlPlane.Settings.SettingCommands>().UpdateAsync(
            SomeCaller.Named("op"), new Dictionary<string, System.Text.Json.JsonElement?> { ["webhook_rate_limit_per_min"] = System.Text.Json.JsonSerializer.SerializeToElement(3) }, default);
        IntakeLimit limit = orbit.Services.GetRequiredService<IntakeLimit>();

        for (int n = 0; n < 3; n++)
        {
            limit.Take("192.0.2.1");
        }

        OrbitException refused = Assert.Throws<OrbitException>(() => limit.Take("192.0.2.1"));
        Assert.Equal("WEBHOOK_LIMITED", refused.Reason);
        Assert.InRange(refused.ComeBackIn!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        limit.Take("192.0.2.2");
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_build_that_is_not_there_is_not_found(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        foreach (long id in (long[])[0, -1, long.MaxValue, long.MinValue])
        {
            OrbitException refusal = await Assert.ThrowsAsync<OrbitException>(
                () => orbit.Store.ReadAsync((db, ct) => db.Builds.RequireAsync(id, ct), default));
            Assert.Equal("BUILD_NOT_FOUND", refusal.Reason);
        }
    }

    internal static Task<(Build Build, bool Duplicate)> Announce(
        OrbitServer orbit, string job, string number, string path, string user = "", Dictionary<string, string>? labels = null) =>
        orbit.Services.GetRequiredService<BuildCommands>().AnnounceAsync(BuildFacts.Of(job, number, user, path, labels ?? []), default);

    private static async Task<List<int>> Walk(OrbitServer orbit, BuildFilter filter, int size)
    {
        var numbers = new List<int>();
        string token = "";
        do
        {
            Page<Build> page = await orbit.Store.ReadAsync((db, ct) => db.Builds.PageAsync(filter, Paging.IdAfter(token), size, ct), default);
            Assert.True(page.Rows.Count <= size);
            numbers.AddRange(page.Rows.Select(b => int.Parse(b.BuildNumber, System.Globalization.CultureInfo.InvariantCulture)));
            token = page.NextToken;
        }
        while (token.Length > 0);

        return numbers;
    }
}
