using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.TestItems;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.ParameterSets;

public sealed class ParameterSetStoreTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_default_set_is_there_from_the_first_start_and_made_once(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await using (OrbitServer first = await OrbitServer.StartAsync(database))
        {
            ParameterSetSnapshot set = await SetAsync(first, await DefaultAsync(first));
            Assert.Equal(("default", true, 1), (set.Set.Name, set.Set.IsDefault, set.Content.Version));
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database);
        Assert.Equal(1, await again.Store.ReadAsync((db, ct) => db.ParameterSets.CountAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_version_rises_only_when_the_parameters_differ(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        ParameterSetSnapshot made = await Commands(orbit).CreateAsync("shop", """{"service":"shop"}""", false, SomeCaller.Named("a@x"), default);

        ParameterSetSnapshot renamed = await Commands(orbit).UpdateAsync(new(made.Set.Id, "店", """{ "service" : "shop" }""", null, 1), SomeCaller.Named("b@x"), default);
        ParameterSetSnapshot changed = await Commands(orbit).UpdateAsync(new(made.Set.Id, null, """{"service":"cds"}""", null, 1), SomeCaller.Named("c@x"), default);

        Assert.Equal(("店", 1, 2), (renamed.Set.Name, renamed.Content.Version, changed.Content.Version));
        Page<ParameterSetSnapshot> history = await orbit.Store.ReadAsync((db, ct) => db.ParameterSetHistoryAsync(made.Set.Id, null, 1, ct), default);
        Page<ParameterSetSnapshot> older = await orbit.Store.ReadAsync(
            (db, ct) => db.ParameterSetHistoryAsync(made.Set.Id, Paging.IdAfter(history.NextToken), 1, ct), default);
        Assert.Equal((2, "c@x", """{"service":"cds"}"""), (history.Rows[0].Content.Version, history.Rows[0].Content.UpdatedBy, history.Rows[0].Content.Parameters));
        Assert.Equal((1, "a@x", ""), (older.Rows[0].Content.Version, older.Rows[0].Content.UpdatedBy, older.NextToken));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Of_two_edits_of_one_version_one_is_refused(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync("shop", "{}", false, SomeCaller.Named("a@x"), default)).Set.Id;

        Task<ParameterSetSnapshot>[] edits = [.. Enumerable.Range(0, 5).Select(n =>
            Commands(orbit).UpdateAsync(new(id, null, $$"""{"keep_backups":{{n + 4}}}""", null, 1), SomeCaller.Named("a@x"), default))];
        await Task.WhenAll(edits.Select(e => e.ContinueWith(_ => { }, TaskScheduler.Default)));

        int saved = edits.Count(e => e.IsCompletedSuccessfully);
        Assert.Equal(1, saved);
        string[] refusals = [.. edits.Where(e => e.IsFaulted).Select(e => ((OrbitException)e.Exception!.InnerException!).Reason)];
        Assert.Equal(Enumerable.Repeat("VERSION_CONFLICT", 4), refusals);
        Assert.Equal(2, (await SetAsync(orbit, id)).Content.Version);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Exactly_one_set_is_the_default_and_it_stays(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long first = await DefaultAsync(orbit);
        long[] others = await Task.WhenAll(Enumerable.Range(0, 4).Select(async n => (await Commands(orbit).CreateAsync($"s{n}", "{}", false, SomeCaller.Named("a"), default)).Set.Id));
        await RefusedAsync("PARAMETER_SET_IS_DEFAULT", () => Commands(orbit).DeleteAsync(first, SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETER_SET_IS_DEFAULT", () => Commands(orbit).UpdateAsync(new(first, null, null, false, null), SomeCaller.Named("a"), default));

        await Task.WhenAll(others.Select(id => Commands(orbit).UpdateAsync(new(id, null, null, true, null), SomeCaller.Named("a"), default)));

        Assert.Equal(1, await orbit.Store.ReadAsync((db, ct) => db.ParameterSets.CountAsync(s => s.IsDefault, ct), default));
        await Commands(orbit).DeleteAsync(first, SomeCaller.Named("a"), default);
        long last = (await Commands(orbit).CreateAsync("new default", "{}", true, SomeCaller.Named("a"), default)).Set.Id;
        Assert.Equal(last, await DefaultAsync(orbit));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_set_in_use_cannot_be_deleted(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync("shop", "{}", false, SomeCaller.Named("a"), default)).Set.Id;
        var items = orbit.Services.GetRequiredService<TestItemCommands>();
        TestItem item = await items.CreateAsync(new("shop", "J", id, new Dictionary<string, string>(), "", null), SomeCaller.Named("a"), default);

        await RefusedAsync("PARAMETER_SET_IN_USE", () => Commands(orbit).DeleteAsync(id, SomeCaller.Named("a"), default));
        await items.DeleteAsync(item.Id, SomeCaller.Named("a"), default);
        await Commands(orbit).DeleteAsync(id, SomeCaller.Named("a"), default);

        await RefusedAsync("PARAMETER_SET_NOT_FOUND", () => Commands(orbit).DeleteAsync(id, SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETER_SET_NOT_FOUND", () => SetAsync(orbit, id));
        Assert.Equal(0, await orbit.Store.ReadAsync((db, ct) => db.ParameterSetVersions.CountAsync(v => v.SetId == id, ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Names_are_unique_and_wrong_ones_are_refused(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        long id = (await Commands(orbit).CreateAsync("shop", "{}", false, SomeCaller.Named("a"), default)).Set.Id;

        await RefusedAsync("PARAMETER_SET_EXISTS", () => Commands(orbit).CreateAsync("shop", "{}", false, SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETER_SET_EXISTS", () => Commands(orbit).UpdateAsync(new(id, "default", null, null, null), SomeCaller.Named("a"), default));
        foreach (string name in (string[])["", " ", " x", "x ", "a\nb", "a\0b", new string('x', 101)])
        {
            await RefusedAsync("NAME_INVALID", () => Commands(orbit).CreateAsync(name, "{}", false, SomeCaller.Named("a"), default));
            await RefusedAsync("NAME_INVALID", () => Commands(orbit).UpdateAsync(new(id, name, null, null, null), SomeCaller.Named("a"), default));
        }

        await RefusedAsync("PARAMETER_UNKNOWN", () => Commands(orbit).CreateAsync("y", """{"x":1}""", false, SomeCaller.Named("a"), default));
        await RefusedAsync("PARAMETERS_INVALID", () => Commands(orbit).UpdateAsync(new(id, null, """{"service":1}""", null, null), SomeCaller.Named("a"), default));
        Page<ParameterSetSnapshot> page = await orbit.Store.ReadAsync((db, ct) => db.ParameterSetPageAsync(null, 10, ct), default);
        Assert.Equal(["default", "shop"], page.Rows.Select(s => s.Set.Name));
    }

    private static ParameterSetCommands Commands(OrbitServer orbit) => orbit.Services.GetRequiredService<ParameterSetCommands>();

    private static Task<long> DefaultAsync(OrbitServer orbit) => orbit.Store.ReadAsync((db, ct) => db.DefaultParameterSetAsync(ct), default);

    private static Task<ParameterSetSnapshot> SetAsync(OrbitServer orbit, long id) => orbit.Store.ReadAsync((db, ct) => db.ParameterSetAsync(id, ct), default);

    private static async Task RefusedAsync(string reason, Func<Task> call) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<OrbitException>(call)).Reason);
}
