using Orbit.Agent.Tests.Link;
using Orbit.Agent.Tests.Packages;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

/// <summary>Deployments whose agent is killed in the middle. Tests of one class run one after the other: they are several, so that some run at once.</summary>
public abstract class KilledDeployment : AgentAndGateway
{
    /// <summary>Kills the agent there while it updates a service; afterwards the new version runs, whole and started once.</summary>
    private protected async Task UpdateEndsAsTheNewVersionAsync(string failPoint)
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

    /// <summary>Deploys version 1, kills the agent at a point of deploying version 2 and starts it again.</summary>
    private protected async Task<ScriptedAssignment> UpdateKilledAtAsync(SmallService shop, string failPoint, string? start)
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
