using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.JobVersions;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Tests.Builds;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.JobVersions;

public sealed class JobVersionStoreTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_selection_by_hand_is_kept_with_its_history(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long first = await HasBuildAsync(orbit, "team/J", 1);
        long second = await HasBuildAsync(orbit, "team/J", 2);

        await Commands(orbit).PutAsync(new("team/J", first, null, null), SomeCaller.Named("zhang@x"), default);
        await Commands(orbit).PutAsync(new("team/J", second, null, null), SomeCaller.Named("li@x"), default);
        await Commands(orbit).PutAsync(new("team/J", second, null, null), SomeCaller.Named("wang@x"), default);

        Assert.Equal(second, await orbit.Store.ReadAsync((db, ct) => db.JobVersions.SelectedBuildAsync("team/J", ct), default));
        Assert.Equal([(first, second, "li@x"), (null, first, "zhang@x")], await HistoryAsync(orbit, "team/J"));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_build_of_another_job_or_none_is_refused_and_nothing_is_stored(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long other = await HasBuildAsync(orbit, "Other", 1);

        await RefusedAsync("JOB_MISMATCH", () => Commands(orbit).PutAsync(new("J", other, null, null), SomeCaller.Named("z"), default));
        await RefusedAsync("BUILD_NOT_FOUND", () => Commands(orbit).PutAsync(new("J", 0, null, null), SomeCaller.Named("z"), default));
        await RefusedAsync("JOB_HAS_NO_BUILD", () => Commands(orbit).PutAsync(new("J", null, false, null), SomeCaller.Named("z"), default));
        await RefusedAsync("JOB_HAS_NO_BUILD", () => Commands(orbit).SyncAsync("J", SomeCaller.Named("z"), default));
        await RefusedAsync("SYNC_INTERVAL_INVALID", () => Commands(orbit).PutAsync(new("J", null, true, 59), SomeCaller.Named("z"), default));
        await RefusedAsync("SYNC_INTERVAL_INVALID", () => Commands(orbit).PutAsync(new("J", null, true, long.MaxValue), SomeCaller.Named("z"), default));
        await RefusedAsync("JOB_NAME_INVALID", () => Commands(orbit).PutAsync(new("a\0b", null, true, null), SomeCaller.Named("z"), default));
        await RefusedAsync("JOB_VERSION_NOT_FOUND", () => Commands(orbit).DeleteAsync("J", SomeCaller.Named("z"), default));
        await RefusedAsync("JOB_VERSION_NOT_FOUND", () => orbit.Store.ReadAsync((db, ct) => db.JobVersions.RequireAsync("J", ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Without_a_build_named_the_newest_is_selected_and_kept(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long newest = await HasBuildAsync(orbit, "J", 1);
        JobVersion made = await Commands(orbit).PutAsync(new("J", null, null, null), SomeCaller.Named("z"), default);
        await HasBuildAsync(orbit, "J", 2);

        JobVersion kept = await Commands(orbit).PutAsync(new("J", null, true, 60), SomeCaller.Named("z"), default);

        Assert.Equal((newest, newest, true), (made.BuildId, kept.BuildId, kept.AutoSync));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Auto_sync_may_wait_for_the_first_build_and_then_follows(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        JobVersion waiting = await Commands(orbit).PutAsync(new("J", null, true, 60), SomeCaller.Named("z"), default);
        Assert.Null(waiting.BuildId);

        long first = await HasBuildAsync(orbit, "J", 1);
        Assert.Equal(0, await Commands(orbit).SyncDueAsync(default));
        orbit.Clock.Advance(TimeSpan.FromSeconds(61));
        int looks = await Commands(orbit).SyncDueAsync(default);

        Assert.InRange(looks, 0, 1); // the server's own pass may have been first
        Assert.Equal([(null, first, JobVersion.AutoSyncName)], await HistoryAsync(orbit, "J"));
        JobVersion now = await orbit.Store.ReadAsync((db, ct) => db.JobVersions.RequireAsync("J", ct), default);
        Assert.True(now.NextSyncAt > orbit.Clock.GetUtcNow());
    }

    [Fact]
    public async Task A_look_that_is_due_is_made_once_across_replicas()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);
        await using OrbitServer one = await OrbitServer.StartAsync(database);
        await using OrbitServer two = await OrbitServer.StartAsync(database);
        for (int job = 0; job < 10; job++)
        {
            await HasBuildAsync(one, $"J{job}", 1);
            await Commands(one).PutAsync(new($"J{job}", null, true, 3600), SomeCaller.Named("z"), default);
            await HasBuildAsync(one, $"J{job}", 2);
        }

        one.Clock.Advance(TimeSpan.FromHours(2));
        two.Clock.Advance(TimeSpan.FromHours(2));
        int[] looks = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => Commands(n % 2 == 0 ? one : two).SyncDueAsync(default)));

        // A pass of the servers themselves may have taken some; nobody took one twice.
        Assert.InRange(looks.Sum(), 0, 10);
        for (int job = 0; job < 10; job++)
        {
            Assert.Equal([JobVersion.AutoSyncName, "z"], (await HistoryAsync(one, $"J{job}")).Select(h => h.By));
        }
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Many_people_at_once_leave_a_whole_history(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long[] builds = await Task.WhenAll(Enumerable.Range(1, 12).Select(n => HasBuildAsync(orbit, "J", n)));

        await Task.WhenAll(builds.Select(b => Commands(orbit).PutAsync(new("J", b, null, null), SomeCaller.Named($"p{b}@x"), default)));

        List<(long? Previous, long Selected, string By)> history = await HistoryAsync(orbit, "J");
        Assert.Equal(12, history.Count);
        for (int at = 0; at + 1 < history.Count; at++)
        {
            Assert.Equal(history[at + 1].Selected, history[at].Previous); // each began where the one before ended
        }
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Syncing_all_moves_those_that_follow_and_a_deleted_selection_keeps_its_history(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        foreach (string job in (string[])["A", "B", "C"])
        {
            await HasBuildAsync(orbit, job, 1);
            await Commands(orbit).PutAsync(new(job, null, job != "B", null), SomeCaller.Named("z"), default);
        }

        long newA = await HasBuildAsync(orbit, "A", 2);
        await HasBuildAsync(orbit, "B", 2);

        List<JobVersion> looked = await Commands(orbit).SyncAllAsync(SomeCaller.Named("z@x"), default);
        Assert.Equal(["A", "C"], looked.Select(v => v.JobName));
        Assert.Equal(newA, looked[0].BuildId);

        await Commands(orbit).DeleteAsync("A", SomeCaller.Named("z"), default);
        Assert.Equal(2, (await HistoryAsync(orbit, "A")).Count);
        Page<JobVersion> first = await orbit.Store.ReadAsync((db, ct) => db.JobVersions.PageAsync(null, 1, ct), default);
        Page<JobVersion> second = await orbit.Store.ReadAsync((db, ct) => db.JobVersions.PageAsync(Paging.TextAfter(first.NextToken), 1, ct), default);
        Assert.Equal(("B", "C", ""), (first.Rows.Single().JobName, second.Rows.Single().JobName, second.NextToken));
    }

    private static JobVersionCommands Commands(OrbitServer orbit) => orbit.Services.GetRequiredService<JobVersionCommands>();

    private static async Task<long> HasBuildAsync(OrbitServer orbit, string job, int number) =>
        (await BuildStoreTests.Announce(orbit, job, $"{number}", "p/el7")).Build.Id;

    private static async Task<List<(long? Previous, long Selected, string By)>> HistoryAsync(OrbitServer orbit, string job)
    {
        Page<JobVersionChange> page = await orbit.Store.ReadAsync((db, ct) => db.JobVersionChanges.PageAsync(job, null, 100, ct), default);
        return [.. page.Rows.Select(c => (c.PreviousBuildId, c.BuildId, c.SelectedBy))];
    }

    private static async Task RefusedAsync(string reason, Func<Task> call) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<OrbitException>(call)).Reason);
}
