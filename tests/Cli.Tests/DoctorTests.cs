using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class DoctorTests
{
    private static readonly CheckResult Well = new() { Name = "DEAD_LETTER", Meaning = "A mail was given up.", Remedy = "Send it again." };
    private static readonly CheckResult Locked = new()
    {
        Name = "LOCK_WITHOUT_WORK",
        Meaning = "A service is locked for nothing.",
        Remedy = "Mend: the lock is freed.",
        Mendable = true,
        Objects = { "lock:host-a/shop\u001b[2J" },
    };

    [Fact]
    public async Task What_is_found_is_named_with_what_to_do_and_ends_with_1()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ExamineRequest, ExamineResponse>(_ => new() { Checks = { Well, Locked } });
        using var cli = new OrbitCli(server);

        Outcome told = await cli.RunAsync("doctor");

        Assert.Equal((1, ""), (told.ExitCode, told.Error));
        Assert.Contains("LOCK_WITHOUT_WORK", told.Output, StringComparison.Ordinal);
        Assert.Contains("(orbit doctor mend LOCK_WITHOUT_WORK)", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("DEAD_LETTER", told.Output, StringComparison.Ordinal);
        Assert.EndsWith("2 checks, 1 found something\n", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mending_without_names_takes_what_needs_no_decision()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        CheckResult lost = new() { Name = "RUN_OUT_OF_CONTACT", Objects = { "run:7" } };
        server.Answers.When<ExamineRequest, ExamineResponse>(_ => new() { Checks = { Well, Locked, lost } });
        List<string> asked = [];
        server.Answers.When<MendRequest, MendResponse>(request =>
        {
            asked.Add(request.Check);
            return new() { Mended = 1 };
        });
        using var cli = new OrbitCli(server);

        Outcome told = await cli.RunAsync("doctor", "mend");

        Assert.Equal((0, "LOCK_WITHOUT_WORK: 1 mended\n"), (told.ExitCode, told.Output));
        Assert.Equal(["LOCK_WITHOUT_WORK"], asked);
    }
}
