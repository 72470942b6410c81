using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The README's first command.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_deploys_and_tests_two_builds_of_two_services_and_leaves_nothing_behind()
    {
        using ChildProgram demo = ChildProgram.Start(
            Path.Combine(Programs.Root, "deploy/demo"),
            ["--once", "--no-build"],
            new Dictionary<string, string> { ["CONFIGURATION"] = Programs.Configuration });

        int code = await demo.ExitAsync(TimeSpan.FromMinutes(3));

        Assert.True(code == 0, demo.Output);
        Assert.Matches(@"shop +1 +\d+ +PASSED +38 passed", demo.Output);
        Assert.Matches(@"shop +2 +\d+ +TESTS_FAILED +35 passed, 3 failed", demo.Output);
        Assert.Matches(@"edge-update +2 +\d+ +TESTS_FAILED +8 passed, 2 failed", demo.Output);
    }
}
