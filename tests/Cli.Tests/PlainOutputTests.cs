using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class PlainOutputTests
{
    [Theory]
    [InlineData("builds")]
    [InlineData("build 7")]
    [InlineData("items")]
    [InlineData("runs")]
    [InlineData("active")]
    [InlineData("run 12")]
    [InlineData("tests 12")]
    [InlineData("agents")]
    [InlineData("agent drain host-a --note x")]
    public async Task No_control_character_reaches_a_pipe_or_a_terminal_without_colours(string line)
    {
        await using ScriptedServer server = await HostileAsync();
        using var cli = new OrbitCli(server);

        Outcome piped = await cli.RunAsync(line.Split(' '));
        cli.OutputIsTerminal = true;
        cli.Variables["TERM"] = "xterm-256color";
        cli.Variables["NO_COLOR"] = "1";
        Outcome shown = await cli.RunAsync(line.Split(' '));

        foreach (Outcome outcome in new[] { piped, shown })
        {
            Assert.Equal(0, outcome.ExitCode);
            Assert.NotEmpty(outcome.Output);
            Assert.DoesNotContain(outcome.Output, c => char.IsControl(c) && c != '\n');
            Assert.DoesNotContain('\u202e', outcome.Output);
        }
    }

    [Fact]
    public async Task A_terminal_gets_colours_and_nothing_else_that_moves_it()
    {
        await using ScriptedServer server = await HostileAsync();
        using var cli = new OrbitCli(server) { OutputIsTerminal = true };
        cli.Variables["TERM"] = "xterm-256color";

        Outcome outcome = await cli.RunAsync("run", "12");

        Assert.Contains("\x1b[91m", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', System.Text.RegularExpressions.Regex.Replace(outcome.Output, "\x1b\\[[0-9;]*m", ""));
    }

    [Fact]
    public async Task Columns_are_aligned_and_lines_have_no_trailing_blanks()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListAgentsRequest, ListAgentsResponse>(_ => new()
        {
            Agents =
            {
                new Agent { Id = 1, Name = "a", State = AgentState.Online, Slots = 1, ApiSlots = 4, Labels = { ["os"] = "el7", ["lab"] = "x" }, Version = "0.1.0", LastSeenAt = Some.Noon, Running = { 12, 13 } },
                new Agent { Id = 20, Name = "host-b", State = AgentState.Offline, Slots = 1, ApiSlots = 4 },
            },
        });
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("agents");

        Assert.Equal(
            """
            ID  NAME    STATE    RUNNING  SLOTS  LABELS        VERSION  LAST SEEN             NOTE
            1   a       ONLINE   12,13    1+4    lab=x,os=el7  0.1.0    2026-03-04 12:00:00Z
            20  host-b  OFFLINE           1+4

            """.ReplaceLineEndings("\n"),
            outcome.Output);
    }

    [Fact]
    public async Task A_join_token_stands_alone_on_the_first_line_with_the_command_that_uses_it()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<CreateJoinTokenRequest, CreateJoinTokenResponse>(_ => new() { Token = "join-me", ExpiresAt = Some.Noon });
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("agent", "join-token", "--name", "host-a", "--label", "os=el7", "--ttl", "600");

        string[] lines = outcome.Output.Split('\n');
        Assert.Equal("join-me", lines[0]);
        Assert.Contains($"--server {server.Address} --token join-me --name host-a", outcome.Output, StringComparison.Ordinal);
        CreateJoinTokenRequest asked = server.Answers.AskedFor<CreateJoinTokenRequest>().Single();
        Assert.Equal(("host-a", 600, "el7"), (asked.Name, asked.TtlS, asked.Labels["os"]));
    }

    private static async Task<ScriptedServer> HostileAsync()
    {
        const string Hostile = "x\x1b[2J\x07\u202ey\r\nz\u009b1A";
        ScriptedServer server = await ScriptedServer.StartAsync();
        var build = new Build { Id = 7, JobName = Hostile, BuildNumber = Hostile, BuildUser = Hostile, PackagePath = Hostile, Labels = { [Hostile] = Hostile } };
        Run run = Some.Run(RunStatus.Failed, Verdict.InfrastructureError);
        (run.TestItemName, run.JobName, run.Agent, run.RequestedBy, run.Error, run.WaitingReason, run.ReportUrl, run.ReportNote) =
            (Hostile, Hostile, Hostile, Hostile, Hostile, Hostile, Hostile, Hostile);
        run.Steps.Add(new Step { Name = Hostile, Status = StepStatus.Failed, Error = Hostile, Reason = Hostile });
        run.Attempts.Add([new Attempt { Number = 1, Kind = Hostile, Reason = Hostile }, new Attempt { Number = 2, Kind = Hostile }]);
        var agent = new Agent { Id = 1, Name = "host-a", State = AgentState.Online, Note = Hostile, Version = Hostile, Labels = { [Hostile] = Hostile } };
        server.Answers.When<ListBuildsRequest, ListBuildsResponse>(_ => new() { Builds = { build } });
        server.Answers.When<GetBuildRequest, Build>(_ => build);
        server.Answers.When<ListTestItemsRequest, ListTestItemsResponse>(_ => new() { TestItems = { new TestItem { Id = 1, Name = Hostile, Labels = { [Hostile] = Hostile } } } });
        server.Answers.When<ListRunsRequest, ListRunsResponse>(_ => new() { Runs = { run } });
        server.Answers.When<ListActiveRunsRequest, ListActiveRunsResponse>(_ => new() { Runs = { run } });
        server.Answers.When<GetRunRequest, Run>(_ => run);
        server.Answers.When<ListRunTestsRequest, ListRunTestsResponse>(_ => new() { Tests = { new TestResult { Id = Hostile, Message = Hostile, Outcome = TestOutcome.Failed } } });
        server.Answers.When<ListAgentsRequest, ListAgentsResponse>(_ => new() { Agents = { agent } });
        server.Answers.When<DrainAgentRequest, Agent>(_ => agent);
        return server;
    }
}
