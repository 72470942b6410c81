using Orbit.Agent.Tests.Link;
using Orbit.Agent.Tests.Packages;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

public sealed class KilledRollbackTests : KilledDeployment
{
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
}
