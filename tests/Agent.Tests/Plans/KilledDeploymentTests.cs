namespace Orbit.Agent.Tests.Plans;

public sealed class KilledDeploymentTests : KilledDeployment
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
    public Task An_update_that_is_killed_early_ends_as_the_whole_new_version_started_once(string failPoint) =>
        UpdateEndsAsTheNewVersionAsync(failPoint);
}
