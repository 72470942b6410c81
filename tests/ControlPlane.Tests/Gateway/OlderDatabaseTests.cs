using Orbit.Contracts.V1;
using Orbit.ControlPlane.Scheduling;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Gateway;

/// <summary>Agents that know more than the database: it was put back by hand, or another replica of it took over.</summary>
public sealed class OlderDatabaseTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_that_an_agent_was_acked_further_for_than_is_stored_ends_as_unknown(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await work.TellAsync(Fact.Started("test"));
        OpenAssignment further = work.Open();
        further.AckedSeq = further.LastSeq = 7;

        FakeAgentSession back = await lab.ConnectAsync(agent.Agent, hello => hello.Open.Add(further));

        AssignmentVerdict verdict = Assert.Single(back.Welcome.Assignments);
        Assert.Equal((AssignmentOrder.Stop, true), (verdict.Order, verdict.Epoch > further.Epoch));
        Assert.Equal((RunStatus.Failed, Verdict.Unknown), await EndOfAsync(lab, run.Id));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Work_that_an_agent_has_under_a_higher_epoch_than_is_stored_ends_as_unknown(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        OpenAssignment newer = work.Open();
        newer.Epoch++;

        FakeAgentSession back = await lab.ConnectAsync(agent.Agent, hello => hello.Open.Add(newer));

        Assert.Equal(AssignmentOrder.Stop, Assert.Single(back.Welcome.Assignments).Order);
        Assert.Equal((RunStatus.Failed, Verdict.Unknown), await EndOfAsync(lab, run.Id));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_offer_that_its_agent_has_carried_out_before_ends_as_unknown_and_goes_to_nobody_else(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        FakeWork work = await agent.OfferAsync();
        FakeAgentSession other = await lab.AgentAsync("lab-2");

        await work.DeclineAsync("ALREADY_CARRIED_OUT", "again");

        Assert.Equal((RunStatus.Failed, Verdict.Unknown), await EndOfAsync(lab, run.Id));
        Assert.Equal(WorkState.Ended, (await lab.WorkAsync(run.Id)).State);
        Run next = await lab.TriggerAsync(await lab.ItemAsync());
        Run last = await lab.TriggerAsync(await lab.ItemAsync());
        string[] offered = [(await agent.OfferAsync()).Id, (await other.OfferAsync()).Id];
        Assert.Equal(
            new[] { (await lab.RunAsync(next.Id)).Attempts[^1].AssignmentId, (await lab.RunAsync(last.Id)).Attempts[^1].AssignmentId }.Order(), offered.Order());
    }

    private static async Task<(RunStatus, Verdict)> EndOfAsync(Lab lab, long run)
    {
        Run ended = await lab.EndedAsync(run);
        Assert.Contains("the database", ended.Error, StringComparison.Ordinal);
        return (ended.Status, ended.Verdict);
    }
}
