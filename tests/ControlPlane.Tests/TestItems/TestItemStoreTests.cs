using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.TestItems;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.TestItems;

public sealed class TestItemStoreTests
{
    private static readonly Dictionary<string, string> None = [];

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_new_item_gets_the_default_set_and_is_enabled(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);

        TestItem made = await Commands(orbit).CreateAsync(new("cds", "CDN_CORE", 0, new Dictionary<string, string> { ["os"] = "el7" }, "", null), SomeCaller.Named("a"), default);
        TestItem read = await ItemAsync(orbit, made.Id);

        Assert.Equal(await orbit.Store.ReadAsync((db, ct) => db.DefaultParameterSetAsync(ct), default), read.ParameterSetId);
        Assert.Equal(("cds", "CDN_CORE", "el7", "*cds*", true), (read.Name, read.JobName, read.LabelPairs["os"], read.EffectivePattern, read.Enabled));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_change_replaces_the_item_but_keeps_what_it_may_leave_out(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync(new("cds", "J", 0, new Dictionary<string, string> { ["os"] = "el7" }, "*.zip", false), SomeCaller.Named("a"), default)).Id;
        long set = (await ItemAsync(orbit, id)).ParameterSetId;

        TestItem changed = await Commands(orbit).UpdateAsync(id, new("sds", "", 0, None, "", null), SomeCaller.Named("a"), default);

        Assert.Equal(("sds", "", set, "", false, 0), (changed.Name, changed.JobName, changed.ParameterSetId, changed.PackagePattern, changed.Enabled, changed.LabelPairs.Count));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Wrong_items_are_refused(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync(new("cds", "J", 0, None, "", null), SomeCaller.Named("a"), default)).Id;

        await RefusedAsync("TEST_ITEM_EXISTS", () => Commands(orbit).CreateAsync(new("cds", "J", 0, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETER_SET_NOT_FOUND", () => Commands(orbit).CreateAsync(new("x", "J", 4711, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETER_SET_NOT_FOUND", () => Commands(orbit).UpdateAsync(id, new("cds", "J", 4711, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("NAME_INVALID", () => Commands(orbit).CreateAsync(new(" ", "J", 0, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_INVALID", () => Commands(orbit).CreateAsync(new("x", "a\nb", 0, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_INVALID", () => Commands(orbit).CreateAsync(new("x", "J", -1, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_INVALID", () => Commands(orbit).CreateAsync(new("x", "J", 0, None, "a/*", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_INVALID", () => Commands(orbit).CreateAsync(new("x", "J", 0, None, "[", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_INVALID", () => Commands(orbit).CreateAsync(new("x", "J", 0, new Dictionary<string, string> { [""] = "v" }, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_NOT_FOUND", () => Commands(orbit).UpdateAsync(4711, new("x", "J", 0, None, "", null), SomeCaller.Named("a"), default));
        await RefusedAsync("TEST_ITEM_NOT_FOUND", () => Commands(orbit).DeleteAsync(4711, SomeCaller.Named("a"), default));
        Assert.Equal(1, await orbit.Store.ReadAsync((db, ct) => db.TestItems.CountAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_item_with_a_run_that_has_not_ended_cannot_be_deleted(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync(new("cds", "J", 0, None, "", null), SomeCaller.Named("a"), default)).Id;
        var run = new Run(new RunRequest(id, "cds", null, "", "", "a", 0, null, "{}"), orbit.Clock.GetUtcNow());
        await orbit.Store.WriteAsync(async (db, ct) => await db.AddAsync(run, ct), default);

        await RefusedAsync("TEST_ITEM_BUSY", () => Commands(orbit).DeleteAsync(id, SomeCaller.Named("a"), default));
        await orbit.Store.WriteAsync(
            async (db, ct) =>
            {
                Run stored = await db.Set<Run>().AsTracking().SingleAsync(r => r.Id == run.Id, ct);
                stored.Finish(RunStatus.Cancelled, Verdict.Cancelled, orbit.Clock.GetUtcNow());
            },
            default);
        await Commands(orbit).DeleteAsync(id, SomeCaller.Named("a"), default);

        await RefusedAsync("TEST_ITEM_NOT_FOUND", () => ItemAsync(orbit, id));
        Assert.Equal("cds", await orbit.Store.ReadAsync((db, ct) => db.Set<Run>().Select(r => r.TestItemName).SingleAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_list_is_by_name_of_one_job_or_all(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        foreach ((string name, string job) in ((string, string)[])[("b", "J"), ("a", "K"), ("c", "J")])
        {
            await Commands(orbit).CreateAsync(new(name, job, 0, None, "", null), SomeCaller.Named("x"), default);
        }

        Page<TestItem> first = await PageAsync(orbit, "", "");
        Page<TestItem> second = await PageAsync(orbit, "", first.NextToken);
        Page<TestItem> ofJob = await PageAsync(orbit, "J", "");

        Assert.Equal(["a", "b"], first.Rows.Select(i => i.Name));
        Assert.Equal(["c"], second.Rows.Select(i => i.Name));
        Assert.Equal(["b", "c"], ofJob.Rows.Select(i => i.Name));
        Assert.Equal("", ofJob.NextToken);
    }

    [Fact]
    public void A_name_with_pattern_signs_is_matched_as_it_is() =>
        Assert.Equal("*a[*]b[?]c[[]d]*", new TestItem(new("a*b?c[d]", "", 1, None, "", null), 1, DateTimeOffset.UnixEpoch).EffectivePattern);

    private static TestItemCommands Commands(OrbitServer orbit) => orbit.Services.GetRequiredService<TestItemCommands>();

    private static Task<TestItem> ItemAsync(OrbitServer orbit, long id) => orbit.Store.ReadAsync((db, ct) => db.TestItems.RequireAsync(id, ct), default);

    private static Task<Page<TestItem>> PageAsync(OrbitServer orbit, string job, string token) =>
        orbit.Store.ReadAsync((db, ct) => db.TestItems.PageAsync(job, Paging.TextAfter(token), 2, ct), default);

    private static async Task RefusedAsync(string reason, Func<Task> call) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<OrbitException>(call)).Reason);
}
