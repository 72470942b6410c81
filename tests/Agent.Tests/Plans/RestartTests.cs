using System.Text;
using Orbit.Agent.Tests.Link;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Plans;

public sealed class RestartTests : AgentAndGateway
{
    private string Effects => Path.Combine(Agent.Files, "effects");

    [Theory]
    [InlineData("accept.journaled")]
    [InlineData("confirmed")]
    [InlineData("test.intent")]
    [InlineData("test.spawned")]
    [InlineData("test.ended")]
    [InlineData("event.journaled:1")]
    [InlineData("event.journaled:2")]
    [InlineData("test.result")]
    [InlineData("plan.ended")]
    public async Task An_agent_that_is_killed_at_any_point_runs_the_command_once_and_tells_the_truth(string failPoint)
    {
        StartAgent(failPoint);
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"echo effect >> {Effects}; echo output; exit 4"));
        Assert.Equal(137, await Agent.ExitAsync());

        StartAgent();
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.TestsFailed), (ended.Status, ended.Verdict));
        Assert.Equal(4, run.Step("test").ExitCode);
        Assert.Single(await File.ReadAllLinesAsync(Effects));
        Assert.Equal("output\n", Encoding.UTF8.GetString(await run.WholeLogAsync("test")));
    }

    [Fact]
    public async Task Output_is_in_the_log_once_although_the_agent_is_killed_again_after_it_took_the_command_up()
    {
        StartAgent("test.spawned");
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"echo effect >> {Effects}; echo output"));
        Assert.Equal(137, await Agent.ExitAsync());
        StartAgent("test.ended"); // the output is taken over, and nobody has written that down yet
        Assert.Equal(137, await Agent.ExitAsync());

        StartAgent();
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed), (ended.Status, ended.Verdict));
        Assert.Single(await File.ReadAllLinesAsync(Effects));
        Assert.Equal("output\n", Encoding.UTF8.GetString(await run.WholeLogAsync("test")));
    }

    [Fact]
    public async Task A_command_lives_on_when_the_agent_is_killed_and_its_result_is_taken_up()
    {
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(
            Work.Shell(Agent.Files, $"echo begun; echo effect >> {Effects}; while [ ! -f {Agent.Files}/go ]; do sleep 0.05; done; echo done > /dev/stderr; exit 0"));
        await Eventually.TrueAsync(() => File.Exists(Effects), () => Agent.Output);

        Agent.Kill();
        StartAgent();
        _ = await Gateway.SessionAsync(number: 2);
        await File.WriteAllTextAsync(Path.Combine(Agent.Files, "go"), "");
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed), (ended.Status, ended.Verdict));
        Assert.Single(await File.ReadAllLinesAsync(Effects));
        Assert.Contains("done", Encoding.UTF8.GetString(await run.WholeLogAsync("test")), StringComparison.Ordinal);
        Assert.Contains(run.Events, fact => fact.Note?.Code == "RESTARTED");
    }

    [Fact]
    public async Task A_command_whose_end_nobody_recorded_is_unknown_and_nothing_follows()
    {
        StartAgent("test.spawned");
        ScriptedAssignment run = await Gateway.OfferAsync(Work.Shell(Agent.Files, $"echo effect >> {Effects}; sleep 600"));
        Assert.Equal(137, await Agent.ExitAsync());
        await Eventually.TrueAsync(() => File.Exists(Effects), () => "the command did not begin");
        foreach (string file in Directory.GetFiles(Path.Combine(Agent.Data, "work", run.Id, "exits")).Where(file => !file.EndsWith(".out", StringComparison.Ordinal)))
        {
            string supervisor = (await File.ReadAllTextAsync(file)).Split('\n')[0].Split(' ')[1];
            KillGroup(int.Parse(supervisor, System.Globalization.CultureInfo.InvariantCulture));
        }

        StartAgent();
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Failed, Verdict.Unknown, FailureClass.Infrastructure), (ended.Status, ended.Verdict, ended.FailureClass));
        Assert.Equal(StepStatus.Unknown, run.Step("test").Status);
        Assert.Single(await File.ReadAllLinesAsync(Effects));
    }

    [Fact]
    public async Task Told_to_stop_the_agent_leaves_at_once_and_its_command_goes_on()
    {
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(
            Work.Shell(Agent.Files, $"echo effect >> {Effects}; while [ ! -f {Agent.Files}/go ]; do sleep 0.05; done; exit 0"));
        await Eventually.TrueAsync(() => File.Exists(Effects), () => Agent.Output);

        Assert.Equal(0, await Agent.StopAsync());
        Assert.Contains((await Gateway.SessionAsync()).Received, message => message.Goodbye is not null);
        Assert.Null(run.Ended);
        await File.WriteAllTextAsync(Path.Combine(Agent.Files, "go"), "");
        StartAgent();
        PlanEnded ended = await run.EndAsync();

        Assert.Equal((RunStatus.Completed, Verdict.Passed), (ended.Status, ended.Verdict));
        Assert.Single(await File.ReadAllLinesAsync(Effects));
    }

    private static void KillGroup(int leader)
    {
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"kill -9 -{leader}"]);
        kill.WaitForExit();
    }
}
