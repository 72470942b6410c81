using Orbit.Contracts.V1;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Runs;

/// <summary>Ends that do not come from the plan: cancels, lost contact, lost records.</summary>
public sealed class EndTests
{
    private static readonly string[] Quick = ["--Agents:HeartbeatInterval=00:00:01", "--Agents:LeaseDuration=00:00:03"];

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_queued_run_is_cancelled_at_once_and_once(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        Run run = await lab.TriggerAsync(await lab.ItemAsync());

        Run cancelled = await CancelAsync(lab, run.Id, "wrong build");
        Run again = await CancelAsync(lab, run.Id, "another reason");

        Assert.Equal((RunStatus.Cancelled, Verdict.Cancelled, FailureClass.Cancelled), (cancelled.Status, cancelled.Verdict, cancelled.FailureClass));
        Assert.Equal("cancelled by user@example.org: wrong build", cancelled.Error);
        Assert.All(cancelled.Steps, s => Assert.Equal(StepStatus.Skipped, s.Status));
        Assert.Equal(cancelled, again);
        Assert.Equal(
            [RunEventType.CancelRequested, RunEventType.Finished], (await lab.WatchAsync(run.Id, 1)).Select(e => e.Type));
        Assert.Equal("RUN_NOT_FOUND", await Refused.ReasonAsync(() => CancelAsync(lab, 4711, "")));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_offered_run_is_cancelled_at_once_and_a_late_acceptance_is_fenced(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (long item, long build) = await lab.ShopAsync();
        Run run = await lab.TriggerAsync(item, build);
        FakeWork work = await agent.OfferAsync();
        Assert.Equal(1, await lab.LocksAsync());

        Assert.Equal(RunStatus.Cancelled, (await CancelAsync(lab, run.Id, "")).Status);
        Assert.Equal(0, await lab.LocksAsync());
        await work.SayAcceptedAsync();
        await agent.TakeAsync(m => m.Fenced?.AssignmentId == work.Id);

        (_, FakeWork next) = await lab.AcceptedAsync(agent); // its slot is free again
        await next.EndAsync();
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_wish_to_end_a_running_run_is_repeated_until_its_agent_reports_the_end(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"));

        Run asked = await CancelAsync(lab, run.Id, "enough");
        Assert.True(asked.CancelRequested);
        Assert.Equal(RunStatus.Testing, asked.Status);
        CancelIntent intent = (await agent.TakeAsync(m => m.Cancel is not null)).Cancel;
        Assert.Equal((work.Id, "cancelled by user@example.org: enough"), (intent.AssignmentId, intent.Reason));
        Assert.Equal(intent, Assert.Single((await agent.BeatAsync()).Cancels));
        await CancelAsync(lab, run.Id, "again");
        Assert.Equal(intent, Assert.Single((await agent.BeatAsync()).Cancels));

        FakeAgentSession back = await lab.ConnectAsync(agent.Agent, h => h.Open.Add(work.Open()));
        AssignmentVerdict verdict = Assert.Single(back.Welcome.Assignments);
        Assert.Equal((AssignmentOrder.Stop, intent.Reason), (verdict.Order, verdict.Reason));
        work.Session = back;
        await work.TellAsync(Fact.Finished("test", StepStatus.Cancelled));
        await work.EndAsync(RunStatus.Cancelled, Verdict.Cancelled, "cancelled");

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((RunStatus.Cancelled, Verdict.Cancelled), (ended.Status, ended.Verdict));
        Assert.Equal(ended, await CancelAsync(lab, run.Id, "after the end"));
        Assert.Single((await lab.WatchAsync(run.Id, 1)), e => e.Type is RunEventType.CancelRequested);
        await Eventually.HoldsAsync(async () => (await back.BeatAsync()).Cancels.Count == 0);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Lost_contact_is_said_frees_nothing_and_is_over_when_the_agent_is_back(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider, Quick);
        FakeAgentSession agent = await lab.AgentAsync();
        (long item, long build) = await lab.ShopAsync();
        Run run = await lab.TriggerAsync(item, build);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await work.TellAsync(Fact.Started("download"));
        Assert.Equal("RUN_NOT_LOST", await Refused.ReasonAsync(() => DeclareAsync(lab, run.Id)));

        await agent.DropAsync();
        Run lost = await lab.UntilAsync(run.Id, r => r.ContactLostSince is not null);
        Assert.Equal((RunStatus.Downloading, WorkState.Unknown, 1), (lost.Status, (await lab.WorkAsync(run.Id)).State, await lab.LocksAsync()));

        work.Session = await lab.ConnectAsync(agent.Agent, h => h.Open.Add(work.Open()));
        Assert.Equal(AssignmentOrder.Continue, Assert.Single(work.Session.Welcome.Assignments).Order);
        await lab.UntilAsync(run.Id, r => r.ContactLostSince is null); // being there is enough, a long step has no news
        Assert.Equal("RUN_NOT_LOST", await Refused.ReasonAsync(() => DeclareAsync(lab, run.Id)));
        await work.EndAsync();
        Assert.Equal(
            [RunEventType.ContactLost, RunEventType.ContactRestored],
            (await lab.WatchAsync(run.Id, 1)).Select(e => e.Type).Where(t => t is RunEventType.ContactLost or RunEventType.ContactRestored));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_lost_run_that_is_declared_ended_frees_its_lock_and_fences_its_agent(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider, Quick);
        FakeAgentSession agent = await lab.AgentAsync();
        (long item, long build) = await lab.ShopAsync();
        Run run = await lab.TriggerAsync(item, build);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await work.TellAsync(Fact.Started("download"));
        await agent.DropAsync();
        await lab.UntilAsync(run.Id, r => r.ContactLostSince is not null);

        Run ended = await DeclareAsync(lab, run.Id);

        Assert.Equal((RunStatus.Failed, Verdict.Unknown, FailureClass.Infrastructure, 0), (ended.Status, ended.Verdict, ended.FailureClass, await lab.LocksAsync()));
        Assert.Equal("declared ended by admin@example.org: host burnt", ended.Error);
        Assert.Equal([StepStatus.Unknown, StepStatus.Skipped], ended.Steps.Take(2).Select(s => s.Status));
        work.Session = await lab.ConnectAsync(agent.Agent, h => h.Open.Add(work.Open()));
        Assert.Equal(AssignmentOrder.Stop, Assert.Single(work.Session.Welcome.Assignments).Order);
        await work.SendAsync(2, Fact.Finished("download"));
        await work.Session.TakeAsync(m => m.Fenced is not null);
        Assert.Equal(ended, await lab.RunAsync(run.Id));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_agent_that_comes_back_without_its_records_ends_its_run_as_unknown(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b"), Fact.Tested("t::a", TestOutcome.Passed));

        FakeAgentSession back = await lab.ConnectAsync(agent.Agent);

        AssignmentVerdict verdict = Assert.Single(back.Welcome.Assignments);
        Assert.Equal((work.Id, true, AssignmentOrder.Forget), (verdict.AssignmentId, verdict.UnknownToAgent, verdict.Order));
        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((RunStatus.Failed, Verdict.Unknown, FailureClass.Infrastructure), (ended.Status, ended.Verdict, ended.FailureClass));
        Assert.Equal(new TestSummary { Total = 2, Passed = 1, Unknown = 1 }, ended.Summary);
        (_, FakeWork next) = await lab.AcceptedAsync(back);
        await next.EndAsync();
    }

    private static async Task<Run> CancelAsync(Lab lab, long run, string reason) => await lab.Runs.CancelRunAsync(new CancelRunRequest { Id = run, Reason = reason });

    private static async Task<Run> DeclareAsync(Lab lab, long run) =>
        await new RunService.RunServiceClient(lab.Admin).DeclareRunEndedAsync(new DeclareRunEndedRequest { Id = run, Reason = "host burnt" });
}
