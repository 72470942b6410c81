using Orbit.Contracts.V1;
using Orbit.ControlPlane.Runs;
using Orbit.Tests.Support;
using Kind = Orbit.ControlPlane.Runs.TestChangeKind;
using Outcome = Orbit.ControlPlane.Runs.TestOutcome;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;
using Run = Orbit.Contracts.V1.Run;

namespace Orbit.ControlPlane.Tests.Runs;

public sealed class RunComparisonTests
{
    [Theory]
    [InlineData(nameof(Outcome.Passed), nameof(Outcome.Failed), nameof(Kind.NewlyFailing))]
    [InlineData(null, nameof(Outcome.Broken), nameof(Kind.NewlyFailing))]
    [InlineData(nameof(Outcome.Broken), nameof(Outcome.Failed), nameof(Kind.StillFailing))]
    [InlineData(nameof(Outcome.Failed), nameof(Outcome.Passed), nameof(Kind.Fixed))]
    [InlineData(null, nameof(Outcome.Passed), nameof(Kind.New))]
    [InlineData(nameof(Outcome.Passed), null, nameof(Kind.Missing))]
    [InlineData(nameof(Outcome.Failed), nameof(Outcome.NotRun), nameof(Kind.Missing))]
    [InlineData(nameof(Outcome.Passed), nameof(Outcome.Passed), nameof(Kind.Unchanged))]
    [InlineData(nameof(Outcome.Skipped), nameof(Outcome.Passed), nameof(Kind.Unchanged))]
    [InlineData(nameof(Outcome.Failed), nameof(Outcome.Skipped), nameof(Kind.Unchanged))]
    public void What_became_of_a_test_has_one_name(string? before, string? after, string expected)
    {
        static TestState[] Of(string? outcome) => outcome is null ? [] : [new("a", Enum.Parse<Outcome>(outcome), 1)];

        Assert.Equal(expected, Assert.Single(RunComparison.Compare(Of(before), Of(after))).Kind.ToString());
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_run_is_compared_with_the_last_good_one_or_with_the_named_one(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        long item = await lab.ItemAsync();
        FakeAgentSession agent = await lab.AgentAsync();
        Run good = await RunAsync(lab, agent, item, ("a", Contracts.V1.TestOutcome.Passed), ("gone", Contracts.V1.TestOutcome.Passed));
        Assert.Equal("NO_GOOD_RUN", await Refused.ReasonAsync(async () => await lab.Runs.CompareRunsAsync(new CompareRunsRequest { RunId = good.Id })));
        Run bad = await RunAsync(lab, agent, item, ("a", Contracts.V1.TestOutcome.Failed), ("b", Contracts.V1.TestOutcome.Passed));

        CompareRunsResponse against = await lab.Runs.CompareRunsAsync(new CompareRunsRequest { RunId = bad.Id });
        CompareRunsResponse back = await lab.Runs.CompareRunsAsync(new CompareRunsRequest { RunId = good.Id, BaseRunId = bad.Id });

        Assert.Equal(good.Id, against.Base.Id);
        Assert.Equal(["a NewlyFailing a is wrong", "b New ", "gone Missing "], against.Changes.Select(c => $"{c.TestId} {c.Kind} {c.Message}"));
        Assert.Equal([1, 0, 0, 1, 1, 0], against.Counts.Select(c => c.Count));
        Assert.Equal(["a Fixed", "gone New", "b Missing"], back.Changes.Select(c => $"{c.TestId} {c.Kind}"));
    }

    private static async Task<Run> RunAsync(Lab lab, FakeAgentSession agent, long item, params (string Id, Contracts.V1.TestOutcome Outcome)[] tests)
    {
        Run run = await lab.TriggerAsync(item);
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        await work.TellAsync(Fact.Started("test"), Fact.Collected([.. tests.Select(t => t.Id)]));
        foreach ((string id, Contracts.V1.TestOutcome outcome) in tests)
        {
            AgentEvent ended = Fact.Tested(id, outcome);
            ended.TestEnded.Message = outcome == Contracts.V1.TestOutcome.Failed ? $"{id} is wrong" : "";
            await work.TellAsync(ended);
        }

        bool passed = tests.All(t => t.Outcome == Contracts.V1.TestOutcome.Passed);
        await work.TellAsync(Fact.Finished("test"));
        await work.EndAsync(verdict: passed ? Contracts.V1.Verdict.Passed : Contracts.V1.Verdict.TestsFailed);
        return await lab.EndedAsync(run.Id);
    }
}
