namespace Orbit.Agent.Tests.Plans;

public sealed class KilledLateTests : KilledDeployment
{
    [Theory]
    [InlineData("replace.change:2")]
    [InlineData("replace.change:4")]
    [InlineData("replace.applied")]
    [InlineData("start.intent")]
    [InlineData("start.spawned")]
    [InlineData("start.result")]
    [InlineData("health.intent")]
    [InlineData("report.ended")]
    public Task An_update_that_is_killed_late_ends_as_the_whole_new_version_started_once(string failPoint) =>
        UpdateEndsAsTheNewVersionAsync(failPoint);
}
