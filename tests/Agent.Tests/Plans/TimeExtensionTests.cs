using Orbit.Agent.Tests.Link;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

/// <summary>Time limits that somebody moves while a step runs.</summary>
public sealed class TimeExtensionTests : AgentAndGateway
{
    [Fact]
    public async Task A_step_that_is_given_more_time_goes_on_beyond_its_limit()
    {
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "sleep 7; exit 0", limit: TimeSpan.FromSeconds(4)));
        run.Extra = TimeSpan.FromMinutes(1);

        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed, ""), (ended.Status, ended.Verdict, ended.Error));
        Assert.InRange(run.Step("test").DurationMs, 6_500, 30_000);
    }

    [Fact]
    public async Task Added_time_is_no_more_than_that()
    {
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, "sleep 600", limit: TimeSpan.FromSeconds(4)));
        run.Extra = TimeSpan.FromSeconds(2);

        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Failed, Verdict.TimedOut), (ended.Status, ended.Verdict));
        Assert.InRange(run.Step("test").DurationMs, 5_500, 20_000);
    }
}
