using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Retention;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;
using Delivery = Orbit.ControlPlane.Outbox.Delivery;
using DeliveryKind = Orbit.ControlPlane.Outbox.DeliveryKind;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Retention;

public sealed class RetentionTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_is_old_goes_what_is_kept_stays_and_what_runs_is_left_alone(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => h.Slots = 3);
        Run old = await EndedAsync(lab, agent);
        Run pinned = await EndedAsync(lab, agent);
        await lab.Runs.PinRunAsync(new PinRunRequest { Id = pinned.Id, Pinned = true });
        (Run running, _) = await lab.AcceptedAsync(agent);
        long build = await lab.BuildAsync("shop", "1");
        long kept = await lab.BuildAsync("shop", "2");
        await new BuildService.BuildServiceClient(lab.User).PinBuildAsync(new PinBuildRequest { Id = kept, Pinned = true });
        RetentionCommands retention = lab.Orbit.Services.GetRequiredService<RetentionCommands>();
        Assert.Equal(0, (await retention.DeleteBatchAsync(default)).All);

        lab.Orbit.Clock.Advance(TimeSpan.FromDays(70));
        await UntilNothingAsync(retention);
        Assert.Equal([(old.Id, 0), (pinned.Id, 1)], await LogsAsync(lab, old.Id, pinned.Id)); // its log is gone, the run is not
        lab.Orbit.Clock.Advance(TimeSpan.FromDays(120));
        await UntilNothingAsync(retention);

        Assert.Equal([pinned.Id, running.Id], await lab.Orbit.Store.ReadAsync((db, ct) => db.Runs.OrderBy(r => r.Id).Select(r => r.Id).ToListAsync(ct), default));
        Assert.Equal([kept], await lab.Orbit.Store.ReadAsync((db, ct) => db.Builds.Select(b => b.Id).ToListAsync(ct), default));
        Assert.Equal(2, await lab.Orbit.Store.ReadAsync((db, ct) => db.RunTests.CountAsync(t => t.RunId == pinned.Id, ct), default));
        Assert.Equal(0, await lab.Orbit.Store.ReadAsync((db, ct) => db.RunTests.CountAsync(t => t.RunId == old.Id, ct), default));
        Assert.NotEqual(0, build);
    }

    [Fact]
    public async Task On_PostgreSQL_partitions_go_whole_unless_a_kept_run_is_in_them()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Postgres);
        FakeAgentSession agent = await lab.AgentAsync();
        Run pinned = await EndedAsync(lab, agent);
        await lab.Runs.PinRunAsync(new PinRunRequest { Id = pinned.Id, Pinned = true });
        RetentionCommands retention = lab.Orbit.Services.GetRequiredService<RetentionCommands>();
        Assert.Equal(0, await retention.DropPartitionsAsync(default));

        lab.Orbit.Clock.Advance(TimeSpan.FromDays(180 + 31));
        await UntilNothingAsync(retention);
        await retention.DropPartitionsAsync(default);
        Assert.Equal(1, await PartitionsAsync(lab, "run_tests_p", pinned));
        await lab.Orbit.Services.GetRequiredService<RunCareCommands>().PinAsync(pinned.Id, pinned: false, "", SomeCaller.Named("a"), default);
        await UntilNothingAsync(retention);
        await retention.DropPartitionsAsync(default);

        Assert.Equal(0, await PartitionsAsync(lab, "run_tests_p", pinned));
    }

    [Fact]
    public async Task SQLite_gives_space_back()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        RetentionCommands retention = lab.Orbit.Services.GetRequiredService<RetentionCommands>();
        DateTimeOffset now = lab.Orbit.Clock.GetUtcNow();
        await lab.Orbit.Store.WriteAsync(
            async (db, ct) =>
            {
                for (int i = 0; i < 200; i++)
                {
                    Delivery done = Delivery.Of(DeliveryKind.Mail, "a@example.org", "s", new byte[20_000], now);
                    done.Sent(now);
                    await db.AddAsync(done, ct);
                }
            },
            default);
        lab.Orbit.Clock.Advance(TimeSpan.FromDays(31));
        long before = await PragmaAsync(lab, "page_count");

        await UntilNothingAsync(retention);
        Assert.InRange(await PragmaAsync(lab, "freelist_count"), 900, long.MaxValue);
        await retention.GiveSpaceBackAsync(default);

        Assert.Equal(0, await PragmaAsync(lab, "freelist_count"));
        Assert.InRange(await PragmaAsync(lab, "page_count"), 1, before - 900);
    }

    private static async Task UntilNothingAsync(RetentionCommands retention)
    {
        while ((await retention.DeleteBatchAsync(default)).All > 0)
        {
        }
    }

    private static async Task<Run> EndedAsync(Lab lab, FakeAgentSession agent)
    {
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        using (FakeUpload upload = await FakeUpload.OpenAsync(agent))
        {
            await upload.LogAsync(work, "test", 0, "some log\n"u8.ToArray(), end: true);
        }

        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b"), Fact.Finished("test", logLength: 9));
        await work.EndAsync();
        return await lab.EndedAsync(run.Id);
    }

    /// <summary>How many logs each run has. Read from the store: who was signed in is not any more.</summary>
    private static async Task<List<(long, int)>> LogsAsync(Lab lab, params long[] runs)
    {
        var found = new List<(long, int)>();
        foreach (long run in runs)
        {
            found.Add((run, await lab.Orbit.Store.ReadAsync((db, ct) => db.StepLogs.CountAsync(l => l.RunId == run, ct), default)));
        }

        return found;
    }

    private static async Task<long> PartitionsAsync(Lab lab, string prefix, Run run)
    {
        long period = run.CreatedAt.Seconds / 86_400 / 30;
        return (await lab.Orbit.Store.ReadAsync((db, ct) => db.QueryAsync($"SELECT COUNT(*) FROM pg_class WHERE relname = '{prefix}{period}'", [], static row => row.Long(0), ct), default))[0];
    }

    private static async Task<long> PragmaAsync(Lab lab, string name) =>
        (await lab.Orbit.Store.ReadAsync((db, ct) => db.QueryAsync($"PRAGMA {name}", [], static row => row.Long(0), ct), default))[0];
}
