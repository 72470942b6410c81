using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Runs;

public sealed class RerunTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_again_counts_from_nothing(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        Assert.Equal("RUN_NOT_ENDED", await Refused.ReasonAsync(() => AgainAsync(lab, run.Id, false)));
        await FailingAsync(work);
        await lab.EndedAsync(run.Id);

        Run again = await AgainAsync(lab, run.Id, failedOnly: false);
        Assert.Equal((RunStatus.Pending, 2), (again.Status, again.Attempts.Count));
        Assert.Equal((Verdict.Unspecified, "", new TestSummary()), (again.Verdict, again.Error, again.Summary)); // nothing old looks current
        Assert.Empty((await lab.Runs.ListRunsAsync(new ListRunsRequest { Verdict = { Verdict.TestsFailed } })).Runs);
        FakeWork second = await (await agent.OfferAsync()).AcceptAsync();
        await second.TellAsync(Fact.Started("test"), Fact.Collected("t::a", "t::b", "t::c"), Fact.Tested("t::a", TestOutcome.Passed));
        Run testing = await lab.RunAsync(run.Id);
        Assert.Equal((3, 1, 0), (testing.Summary.Total, testing.Summary.Passed, testing.Summary.Failed));
        await second.TellAsync(Fact.Tested("t::b", TestOutcome.Passed, 1), Fact.Tested("t::c", TestOutcome.Passed, 2), Fact.Finished("test"));
        await second.EndAsync();

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((Verdict.Passed, 3, 3), (ended.Verdict, ended.Summary.Total, ended.Summary.Passed));
        Assert.Equal([Verdict.TestsFailed, Verdict.Passed], ended.Attempts.Select(a => a.Verdict));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Failed_tests_run_again_count_over_the_same_tests_and_mark_the_flaky_ones(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await FailingAsync(work);
        await lab.EndedAsync(run.Id);

        await AgainAsync(lab, run.Id, failedOnly: true);
        FakeWork second = await (await agent.OfferAsync()).AcceptAsync();
        TestStep step = second.Offer.Plan.Deploy.Steps.Single(s => s.Test is not null).Test;
        Assert.Equal(["t::b", "t::c"], step.Only);
        await second.TellAsync(Fact.Started("test"), Fact.Collected("t::b", "t::c"), Fact.Tested("t::b", TestOutcome.Passed));
        Assert.Equal(new TestSummary { Total = 3, Passed = 2, Broken = 1 }, Without(await lab.RunAsync(run.Id)));
        await second.TellAsync(Fact.Tested("t::c", TestOutcome.Failed, 1), Fact.Finished("test"));
        await second.EndAsync(RunStatus.Completed, Verdict.TestsFailed);
        Run halfway = await lab.EndedAsync(run.Id);
        Assert.Equal((Verdict.TestsFailed, new TestSummary { Total = 3, Passed = 2, Failed = 1, Flaky = 1 }), (halfway.Verdict, Without(halfway)));

        await AgainAsync(lab, run.Id, failedOnly: true);
        FakeWork third = await (await agent.OfferAsync()).AcceptAsync();
        Assert.Equal(["t::c"], third.Offer.Plan.Deploy.Steps.Single(s => s.Test is not null).Test.Only);
        await third.TellAsync(Fact.Started("test"), Fact.Collected("t::c"), Fact.Tested("t::c", TestOutcome.Passed), Fact.Finished("test"));
        await third.EndAsync();

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((Verdict.Passed, new TestSummary { Total = 3, Passed = 3, Flaky = 2 }), (ended.Verdict, Without(ended)));
        ListRunTestsResponse tests = await lab.Runs.ListRunTestsAsync(new ListRunTestsRequest { RunId = run.Id });
        Assert.Equal([("t::a", false), ("t::b", true), ("t::c", true)], tests.Tests.Select(t => (t.Id, t.Flaky)).Order());
        Assert.Equal("NOTHING_TO_RERUN", await Refused.ReasonAsync(() => AgainAsync(lab, run.Id, failedOnly: true)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Pages_of_tests_lose_none_though_attempts_number_from_nothing(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await FailingAsync(work);
        await lab.EndedAsync(run.Id);
        await AgainAsync(lab, run.Id, failedOnly: true);
        FakeWork second = await (await agent.OfferAsync()).AcceptAsync();
        await second.TellAsync(Fact.Collected("t::b", "t::c"), Fact.Tested("t::b", TestOutcome.Passed), Fact.Tested("t::c", TestOutcome.Passed, 1));

        var seen = new List<string>();
        string token = "";
        do
        {
            ListRunTestsResponse page = await lab.Runs.ListRunTestsAsync(new ListRunTestsRequest { RunId = run.Id, PageSize = 1, PageToken = token });
            seen.AddRange(page.Tests.Select(t => t.Id));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(["t::a", "t::b", "t::c"], seen.Order());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Failed_tests_go_to_the_agent_they_failed_on_even_after_a_cancelled_rerun(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (Run run, FakeWork work) = await lab.AcceptedAsync(agent);
        await FailingAsync(work);
        await lab.EndedAsync(run.Id);
        await lab.Agents.DrainAgentAsync(new DrainAgentRequest { Id = agent.Agent.Id });
        await agent.TakeAsync(m => m.Desired is not null);
        await AgainAsync(lab, run.Id, failedOnly: false);
        await lab.Runs.CancelRunAsync(new CancelRunRequest { Id = run.Id });
        await lab.EndedAsync(run.Id);

        await AgainAsync(lab, run.Id, failedOnly: true);
        await lab.Agents.ResumeAgentAsync(new ResumeAgentRequest { Id = agent.Agent.Id });
        FakeWork third = await (await agent.OfferAsync()).AcceptAsync();
        await third.TellAsync(Fact.Collected("t::b", "t::c"), Fact.Tested("t::b", TestOutcome.Passed), Fact.Tested("t::c", TestOutcome.Passed, 1));
        await third.EndAsync();

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((Verdict.Passed, new TestSummary { Total = 3, Passed = 3, Flaky = 2 }), (ended.Verdict, Without(ended)));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_rollback_by_hand_keeps_verdict_and_numbers(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (long item, long build) = await lab.ShopAsync();
        Run run = await lab.TriggerAsync(item, build);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await FailingAsync(work);
        Run before = await lab.EndedAsync(run.Id);

        await lab.Runs.RollbackRunAsync(new RollbackRunRequest { Id = run.Id });
        FakeWork back = await (await agent.OfferAsync()).AcceptAsync();
        Assert.Equal(("rollback", build), (back.Offer.Plan.Deploy.Steps[0].StepCase.ToString().ToLowerInvariant(), back.Offer.Plan.Deploy.ExpectedBuildId));
        await back.TellAsync(Fact.Started("rollback"), Fact.Finished("rollback"));
        await back.EndAsync();

        Run ended = await lab.EndedAsync(run.Id);
        Assert.Equal((before.Status, before.Verdict, before.Summary), (ended.Status, ended.Verdict, ended.Summary));
        Assert.Equal(["deploy", "rollback"], ended.Attempts.Select(a => a.Kind));
        Assert.Equal(0, await lab.LocksAsync());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_further_attempt_that_never_began_leaves_the_run_as_it_was(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        (_, long build) = await lab.ShopAsync();
        long item = await lab.ItemAsync(Lab.Shop[..^1] + ""","test":{"dir":"/t","command":["true"]}}""", job: "shop");
        Run run = await lab.TriggerAsync(item, build);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await FailingAsync(work);
        Run before = await lab.EndedAsync(run.Id);
        await lab.Agents.DrainAgentAsync(new DrainAgentRequest { Id = agent.Agent.Id });
        await agent.TakeAsync(m => m.Desired is not null);

        foreach (Func<Task> again in (Func<Task>[])[
            () => AgainAsync(lab, run.Id, failedOnly: false), () => AgainAsync(lab, run.Id, failedOnly: true),
            async () => await lab.Runs.RollbackRunAsync(new RollbackRunRequest { Id = run.Id })])
        {
            await again();
            Assert.Equal(RunStatus.Pending, (await lab.RunAsync(run.Id)).Status);
            Run after = await lab.Runs.CancelRunAsync(new CancelRunRequest { Id = run.Id });
            Assert.Equal(
                (before.Status, before.Verdict, before.Summary, before.Error, before.Agent, before.StartedAt, before.FinishedAt, false),
                (after.Status, after.Verdict, after.Summary, after.Error, after.Agent, after.StartedAt, after.FinishedAt, after.CancelRequested));
            Assert.Equal(Verdict.Cancelled, after.Attempts[^1].Verdict);
        }
    }

    /// <summary>One of three tests passes.</summary>
    private static async Task FailingAsync(FakeWork work)
    {
        await work.TellAsync(
            Fact.Started("test"), Fact.Collected("t::a", "t::b", "t::c"), Fact.Tested("t::a", TestOutcome.Passed),
            Fact.Tested("t::b", TestOutcome.Failed, 1), Fact.Tested("t::c", TestOutcome.Broken, 2), Fact.Finished("test"));
        await work.EndAsync(RunStatus.Completed, Verdict.TestsFailed);
    }

    private static async Task<Run> AgainAsync(Lab lab, long run, bool failedOnly) =>
        await lab.Runs.RerunRunAsync(new RerunRunRequest { Id = run, FailedOnly = failedOnly });

    private static TestSummary Without(Run run)
    {
        TestSummary numbers = run.Summary.Clone();
        numbers.DurationMs = 0;
        return numbers;
    }
}
