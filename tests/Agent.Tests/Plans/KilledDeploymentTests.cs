using Orbit.Agent.Tests.Link;
using Orbit.Agent.Tests.Packages;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

public sealed class KilledDeploymentTests : AgentAndGateway
{
    [Theory]
    [InlineData("download.ended")]
    [InlineData("extract.ended")]
    [InlineData("stop.intent")]
    [InlineData("stop.spawned")]
    [InlineData("stop.ended")]
    [InlineData("backup.planned")]
    [InlineData("backup.change:1")]
    [InlineData("replace.change:1")]
    [InlineData("replace.change:2")]
    [InlineData("replace.change:4")]
    [InlineData("replace.applied")]
    [InlineData("start.intent")]
    [InlineData("start.spawned")]
    [InlineData("start.result")]
    [InlineData("health.intent")]
    [InlineData("report.ended")]
    public async Task An_update_that_is_killed_anywhere_ends_as_the_whole_new_version_started_once(string failPoint)
    {
        await using NginxServer packages = await NginxServer.StartAsync();
        SmallService shop = new(Agent.Files, packages);
        try
        {
            ScriptedAssignment run = await UpdateKilledAtAsync(shop, failPoint, start: null);

            PlanEnded ended = await run.EndAsync(60);

            Assert.Equal((RunStatus.Completed, Verdict.Passed, ""), (ended.Status, ended.Verdict, ended.Error));
            Assert.Equal("2", (await shop.AnswerAsync())?.Trim());
            Assert.Equal(["start 1", "stop 1", "start 2"], shop.Effects);
        }
        finally
        {
            shop.End();
        }
    }

    [Theory]
    [InlineData("rollback.intent")]
    [InlineData("rollback.change:1")]
    [InlineData("rollback.change:2")]
    [InlineData("rollback.restored")]
    [InlineData("rollback.spawned")]
    [InlineData("rollback.ended")]
    public async Task A_rollback_that_is_killed_anywhere_ends_with_the_old_version_running(string failPoint)
    {
        await using NginxServer packages = await NginxServer.StartAsync();
        SmallService shop = new(Agent.Files, packages);
        try
        {
            ScriptedAssignment run = await UpdateKilledAtAsync(shop, failPoint, start: "#!/bin/sh\nexit 3");

            PlanEnded ended = await run.EndAsync(60);

            Assert.Equal((RunStatus.Failed, FailureClass.Start, "Restored to shop 1 and healthy."), (ended.Status, ended.FailureClass, ended.HostState));
            Assert.Equal("1", (await shop.AnswerAsync())?.Trim());
            Assert.Equal(["start 1", "stop 1", "start 1"], shop.Effects);
        }
        finally
        {
            shop.End();
        }
    }

    private async Task<ScriptedAssignment> UpdateKilledAtAsync(SmallService shop, string failPoint, string? start)
    {
        shop.Prepare("");
        shop.Publish("1");
        shop.Publish("2", start);
        StartAgent();
        Assert.Equal(RunStatus.Completed, (await (await Gateway.OfferAsync(shop.Deploy("1", 1, WithoutTests))).EndAsync(60)).Status);
        Assert.Equal(0, await Agent.StopAsync());
        StartAgent(failPoint);
        _ = await Gateway.SessionAsync(number: 2);
        ScriptedAssignment run = await Gateway.OfferAsync(shop.Deploy("2", 2, WithoutTests));
        Assert.Equal(137, await Agent.ExitAsync(60));
        StartAgent();
        return run;
    }

    private static void WithoutTests(DeployWork work) => work.Steps.Remove(work.Steps.Single(step => step.Test is not null));
}
