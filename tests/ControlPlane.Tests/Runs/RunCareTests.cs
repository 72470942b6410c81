using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using Run = Orbit.Contracts.V1.Run;
using RunStatus = Orbit.Contracts.V1.RunStatus;
using TestOutcome = Orbit.Contracts.V1.TestOutcome;
using Verdict = Orbit.Contracts.V1.Verdict;

namespace Orbit.ControlPlane.Tests.Runs;

/// <summary>The queue as people see it, and what they do to runs beside running them.</summary>
public sealed class RunCareTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task What_waits_knows_its_place_and_one_call_restores_a_page(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run busy, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b"), Fact.Tested("t::a", TestOutcome.Passed));
        long item = await lab.ItemAsync();
        Run first = await lab.TriggerAsync(item);
        Run second = await lab.TriggerAsync(item);
        Run urgent = await lab.TriggerAsync(item, priority: 5);

        ListActiveRunsResponse active = await lab.Runs.ListActiveRunsAsync(new ListActiveRunsRequest());

        Assert.Equal([busy.Id, first.Id, second.Id, urgent.Id], active.Runs.Select(r => r.Id));
        Assert.Equal([0, 2, 3, 1], active.Runs.Select(r => r.QueuePosition));
        Assert.Equal((2, 1, "test"), (active.Runs[0].Summary.Total, active.Runs[0].Summary.Passed, active.Runs[0].Steps[0].Name));
        Assert.True(active.FeedSequence > 0);
        await lab.UntilAsync(second.Id, r => r.WaitingReason == "waits for a free slot on lab-1");
        var watch = new WatchService.WatchServiceClient(lab.User);
        await lab.Runs.CancelRunAsync(new CancelRunRequest { Id = first.Id });
        using Grpc.Core.AsyncServerStreamingCall<WatchResponse> later = watch.Watch(new WatchRequest { Topics = { "runs" }, After = active.FeedSequence });
        while (await later.ResponseStream.MoveNext(default) && later.ResponseStream.Current.Run is not { Status: RunStatus.Cancelled })
        {
        }

        Assert.Equal(first.Id, later.ResponseStream.Current.Run.Id);
        Assert.Equal(2, (await lab.RunAsync(second.Id)).QueuePosition);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_newer_waiting_run_takes_the_place_of_older_waiting_ones_where_the_item_asks(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        long item = await lab.ItemAsync();
        long other = await lab.ItemAsync();
        Run kept = await lab.TriggerAsync(item);
        await lab.AdjustAsync(item, i => i.NewestOnly = true);
        Run elsewhere = await lab.TriggerAsync(other);

        Run newer = await lab.TriggerAsync(item);
        Run newest = await lab.TriggerAsync(item);

        foreach ((Run replaced, Run by) in ((Run, Run)[])[(kept, newer), (newer, newest)])
        {
            Run ended = await lab.RunAsync(replaced.Id);
            Assert.Equal((RunStatus.Cancelled, Verdict.Cancelled, $"replaced by the newer run {by.Id}"), (ended.Status, ended.Verdict, ended.Error));
        }

        Assert.Equal(RunStatus.Pending, (await lab.RunAsync(newest.Id)).Status);
        Assert.Equal(RunStatus.Pending, (await lab.RunAsync(elsewhere.Id)).Status);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_repeated_trigger_gets_its_run_whatever_has_become_of_the_item(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        long item = await lab.ItemAsync();
        Run run = await lab.TriggerAsync(item, key: "k");
        await lab.AdjustAsync(item, i => i.Enabled = false);

        Assert.Equal(run.Id, (await lab.TriggerAsync(item, key: "k")).Id);
        Assert.Equal("TEST_ITEM_DISABLED", await Refused.ReasonAsync(() => lab.TriggerAsync(item, key: "another")));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_goes_to_named_agents_alone_and_among_those_that_fit_to_the_least_busy(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession one = await lab.AgentAsync("lab-1", h => h.Slots = 3);
        FakeAgentSession two = await lab.AgentAsync("lab-2", h => h.Slots = 2);
        long item = await lab.ItemAsync();

        await lab.TriggerAsync(item); // 3 against 2 free slots
        await (await one.OfferAsync()).AcceptAsync();
        await lab.AdjustAsync(item, i => i.Agents.Add("lab-1"));
        await lab.TriggerAsync(item); // named, though both have two free
        await (await one.OfferAsync()).AcceptAsync();
        await lab.AdjustAsync(item, i => i.Agents.Clear());
        await lab.TriggerAsync(item); // 1 against 2
        await (await two.OfferAsync()).AcceptAsync();
        await lab.AdjustAsync(item, i => i.Agents.Add(["lab-7", "lab-8"]));
        Run nobody = await lab.TriggerAsync(item);

        await lab.UntilAsync(nobody.Id, r => r.WaitingReason == "waits for agent lab-7 or lab-8: there is none");
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_item_has_as_many_runs_on_a_host_at_a_time_as_it_allows(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => h.Slots = 5);
        long item = await lab.ItemAsync();
        await lab.AdjustAsync(item, i => i.Concurrency = 2);
        Run[] runs = [await lab.TriggerAsync(item), await lab.TriggerAsync(item), await lab.TriggerAsync(item)];
        FakeWork first = await (await agent.OfferAsync()).AcceptAsync();
        await (await agent.OfferAsync()).AcceptAsync();

        await lab.UntilAsync(runs[2].Id, r => r.WaitingReason == "waits for one of 2 runs of the same test item on host lab-1");
        (_, FakeWork other) = await lab.AcceptedAsync(agent); // other items have their own
        await other.EndAsync();
        await first.EndAsync();

        Assert.Equal(runs[2].Id, (await agent.OfferAsync()).Offer.Plan.Deploy.RunId);
        Assert.Equal(2, await lab.LocksAsync());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task More_time_reaches_the_agent_with_each_heartbeat_until_the_end(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider, "--Agents:HeartbeatInterval=00:00:01", "--Agents:LeaseDuration=00:00:03");
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);

        await ExtendAsync(lab, run.Id, 600);
        Run extended = await ExtendAsync(lab, run.Id, 60);

        Assert.Equal(660, extended.ExtendedS);
        Heartbeat told = (await agent.TakeAsync(m => m.Heartbeat?.Extensions.Any(e => e.Extra.Seconds == 660) == true)).Heartbeat;
        Assert.Equal(work.Id, Assert.Single(told.Extensions).AssignmentId);
        Assert.Equal("EXTENSION_INVALID", await Refused.ReasonAsync(() => ExtendAsync(lab, run.Id, 59)));
        Assert.Equal("EXTENSION_INVALID", await Refused.ReasonAsync(() => ExtendAsync(lab, run.Id, 86_401)));
        await work.EndAsync();
        await lab.EndedAsync(run.Id);
        Assert.Equal("RUN_ENDED", await Refused.ReasonAsync(() => ExtendAsync(lab, run.Id, 60)));
        Assert.Equal("RUN_NOT_FOUND", await Refused.ReasonAsync(() => ExtendAsync(lab, 4711, 60)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_is_deleted_whole_once_it_has_ended_and_nobody_keeps_it(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        var admin = new RunService.RunServiceClient(lab.Admin);
        var delete = new DeleteRunRequest { Id = run.Id };
        Assert.Equal("RUN_NOT_ENDED", await Refused.ReasonAsync(async () => await admin.DeleteRunAsync(delete)));
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a"), Fact.Tested("t::a", TestOutcome.Passed));
        await work.EndAsync();
        await lab.EndedAsync(run.Id);
        Run pinned = await lab.Runs.PinRunAsync(new PinRunRequest { Id = run.Id, Pinned = true, Note = "for the audit" });
        Assert.Equal(("user@example.org", "for the audit"), (pinned.PinnedBy, pinned.PinNote));
        Assert.Equal("RUN_PINNED", await Refused.ReasonAsync(async () => await admin.DeleteRunAsync(delete)));
        Assert.Equal("ROLE_MISSING", await Refused.ReasonAsync(async () => await lab.Runs.DeleteRunAsync(delete)));

        Assert.Equal("", (await lab.Runs.PinRunAsync(new PinRunRequest { Id = run.Id })).PinnedBy);
        await admin.DeleteRunAsync(delete);

        Assert.Equal("RUN_NOT_FOUND", await Refused.ReasonAsync(() => lab.RunAsync(run.Id)));
        int left = await lab.Orbit.Store.ReadAsync(
            async (db, ct) => await db.RunEvents.CountAsync(ct) + await db.RunTests.CountAsync(ct) + await db.RunSteps.CountAsync(ct) + await db.RunAttempts.CountAsync(ct) + await db.WorkItems.CountAsync(ct),
            default);
        Assert.Equal(0, left);
    }

    private static async Task<Run> ExtendAsync(Lab lab, long run, long seconds) =>
        await lab.Runs.ExtendRunAsync(new ExtendRunRequest { Id = run, Seconds = seconds });
}
