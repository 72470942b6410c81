using System.Text.Json;
using Grpc.Core;
using Orbit.Cli.Tests.Support;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests;

public sealed class WatchTests
{
    private static readonly TestSummary OneOfTwo = new() { Total = 2, Passed = 1, NotRun = 1 };
    private static readonly TestSummary TwoOfTwo = new() { Total = 2, Passed = 1, Failed = 1 };

    [Fact]
    public async Task A_watch_that_is_cut_goes_on_after_the_last_event_and_shows_none_twice()
    {
        await using ScriptedServer server = await WithRunAsync();
        RunEvent first = Some.Test(6, "t.py::a", TestOutcome.Passed, OneOfTwo);
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, Some.Run(RunStatus.Testing)), Some.Step(5, "test", StepStatus.Running), first).ThenCut());
        server.Answers.Watches.Enqueue((_, _, _) => throw new RpcException(new(StatusCode.Unavailable, "the server stops")));
        server.Answers.Watches.Enqueue(Some.Events(
            first, Some.Test(7, "t.py::b", TestOutcome.Failed, TwoOfTwo, "assert 1 == 2"), Some.Finished(8, RunStatus.Completed, Verdict.TestsFailed)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12", "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal([0, 6, 6], server.Answers.AskedFor<WatchRunRequest>().Select(asked => asked.AfterSeq));
        Assert.Equal([4, 5, 6, 7, 8], Lines(outcome).Select(line => line.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task A_broken_connection_costs_no_event()
    {
        await using ScriptedServer server = await WithRunAsync();
        for (int cut = 0; cut < 5; cut++)
        {
            server.Answers.Watches.Enqueue((request, responses, context) => Steps(request.AfterSeq, 20).ThenAbort()(request, responses, context));
        }

        server.Answers.Watches.Enqueue((request, responses, context) => Steps(request.AfterSeq, 30)(request, responses, context));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12", "--json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(Enumerable.Range(1, 30).Select(seq => (long)seq), Lines(outcome).Select(line => line.GetProperty("seq").GetInt64()).Where(seq => seq > 0));
    }

    [Fact]
    public async Task A_stream_that_ends_well_before_the_run_does_is_opened_again()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, Some.Run(RunStatus.Testing))));
        server.Answers.Watches.Enqueue(Some.Events(Some.Finished(5, RunStatus.Completed, Verdict.Passed)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal([0, 4], server.Answers.AskedFor<WatchRunRequest>().Select(asked => asked.AfterSeq));
    }

    [Fact]
    public async Task A_heartbeat_is_not_shown_and_moves_nothing()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(
            Some.Snapshot(4, Some.Run(RunStatus.Testing)), new() { Seq = 4, Type = RunEventType.Heartbeat }, Some.Step(5, "test", StepStatus.Running)).ThenCut());
        server.Answers.Watches.Enqueue(Some.Events(Some.Finished(6, RunStatus.Completed, Verdict.Passed)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12", "--json");

        Assert.Equal([0, 5], server.Answers.AskedFor<WatchRunRequest>().Select(asked => asked.AfterSeq));
        Assert.Equal(["SNAPSHOT", "STEP_STARTED", "FINISHED"], Lines(outcome).Select(line => line.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_history_that_became_shorter_is_read_anew()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(9, Some.Run(RunStatus.Testing))).ThenCut());
        server.Answers.Watches.Enqueue((_, _, _) => throw Some.Refusal(StatusCode.OutOfRange, "after_seq is beyond the end", "CURSOR_TOO_NEW"));
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(3, Some.Run(RunStatus.Completed, Verdict.Passed))));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal([0, 9, 0], server.Answers.AskedFor<WatchRunRequest>().Select(asked => asked.AfterSeq));
    }

    [Fact]
    public async Task A_run_that_ended_before_is_told_from_its_snapshot()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(30, Some.Run(RunStatus.Failed, Verdict.TimedOut))));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Equal(4, outcome.ExitCode);
        Assert.Contains("TIMED_OUT  run 12: shop, lab/shop #45, on host-a", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_each_event_is_one_plain_line()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.When<ListTestItemsRequest, ListTestItemsResponse>(_ => new() { TestItems = { new TestItem { Id = 3, Name = "shop" } } });
        server.Answers.When<TriggerDeployTestRequest, Run>(_ => new(Some.Run()) { LastSeq = 1 });
        server.Answers.Watches.Enqueue(Some.Events(
            new() { Seq = 2, Type = RunEventType.Accepted, Agent = "host-a" },
            Some.Step(3, "download", StepStatus.Running),
            Some.Step(4, "download", StepStatus.Succeeded, 1500),
            Some.Test(5, "t.py::a", TestOutcome.Passed, OneOfTwo),
            Some.Test(6, "t.py::b\x1b[2J", TestOutcome.Failed, TwoOfTwo, "assert 1 == 2\nmore"),
            Some.Finished(7, RunStatus.Completed, Verdict.TestsFailed)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("trigger", "shop", "--watch");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(1, server.Answers.AskedFor<WatchRunRequest>().Single().AfterSeq);
        Assert.Equal(
            [
                "run 12: shop, lab/shop #45, on host-a PENDING",
                "accepted  by host-a",
                "download  RUNNING",
                "download  SUCCEEDED in 1.5 s",
                "PASSED      t.py::a  12 ms",
                "FAILED      t.py::b\\x1b[2J  12 ms  assert 1 == 2 …",
                "TESTS_FAILED  run 12: shop, lab/shop #45, on host-a",
                "tests         2 tests: 1 passed, 1 failed in 2.5 s",
                "report        http://orbit.example/reports/12/",
            ],
            outcome.Output.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain('\x1b', outcome.Output);
    }

    [Fact]
    public async Task Ctrl_C_stops_watching_and_says_that_the_run_goes_on()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(async (_, responses, context) =>
        {
            await responses.WriteAsync(Some.Snapshot(4, Some.Run(RunStatus.Testing)));
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        });
        using var pressed = new CancellationTokenSource();
        using var cli = new OrbitCli(server) { OnOutput = _ => pressed.Cancel() };

        Outcome outcome = await cli.RunAsync(["watch", "12"], pressed.Token).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("run 12 goes on", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("orbit cancel 12", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(server.Answers.AskedFor<CancelRunRequest>());
    }

    [Fact]
    public async Task A_silent_agent_is_told_in_words_and_ends_the_watch_with_5_when_patience_is_out()
    {
        await using ScriptedServer server = await WithRunAsync();
        Run lost = Some.Run(RunStatus.Testing);
        lost.ContactLostSince = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Some.Noon.ToDateTimeOffset().AddSeconds(-40));
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, lost)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12", "--give-up-after", "30");

        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("no word from host-a for 40 s; its work goes on", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Watching ends here, run 12 does not", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stays_away_ends_the_watch_with_5_and_not_before()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, Some.Run(RunStatus.Testing))).ThenCut());
        for (int i = 0; i < 10_000; i++)
        {
            server.Answers.Watches.Enqueue((_, _, _) => throw new RpcException(new(StatusCode.Unavailable, "stopping")));
        }

        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12", "--give-up-after", "1");

        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("trying again", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("the server was out of reach for too long", outcome.Error, StringComparison.Ordinal);
        Assert.True(server.Answers.AskedFor<WatchRunRequest>().Count > 3);
    }

    [Fact]
    public async Task A_session_that_is_ended_meanwhile_ends_the_watch_with_6()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, Some.Run(RunStatus.Testing))).ThenCut());
        server.Answers.Watches.Enqueue((_, _, _) => throw Some.Refusal(StatusCode.Unauthenticated, "The session has ended.", "SESSION_ENDED"));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Equal(6, outcome.ExitCode);
        Assert.Contains("(SESSION_ENDED)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_late_is_told_which_tests_had_failed()
    {
        await using ScriptedServer server = await WithRunAsync();
        server.Answers.When<ListRunTestsRequest, ListRunTestsResponse>(_ => new() { Tests = { new TestResult { Id = "t.py::early", Outcome = TestOutcome.Broken, Message = "no fixture" } } });
        server.Answers.Watches.Enqueue(Some.Events(Some.Snapshot(4, Some.Run(RunStatus.Testing)), Some.Finished(5, RunStatus.Completed, Verdict.TestsFailed)));
        using var cli = new OrbitCli(server);

        Outcome outcome = await cli.RunAsync("watch", "12");

        Assert.Contains("BROKEN      t.py::early", outcome.Output, StringComparison.Ordinal);
    }

    // Events after a number up to another; the thirtieth ends the run.
    private static ScriptedServer.Script<WatchRunRequest, RunEvent> Steps(long after, long to) => Some.Events(
    [
        .. after == 0 ? new[] { Some.Snapshot(0, Some.Run(RunStatus.Testing)) } : [],
        .. Enumerable.Range((int)after + 1, (int)Math.Max(0, to - after)).Select(seq =>
            seq == 30 ? Some.Finished(seq, RunStatus.Completed, Verdict.Passed) : Some.Step(seq, "test", StepStatus.Running)),
    ]);

    private static async Task<ScriptedServer> WithRunAsync()
    {
        ScriptedServer server = await ScriptedServer.StartAsync();
        server.Answers.When<ListRunTestsRequest, ListRunTestsResponse>(_ => new());
        return server;
    }

    private static JsonElement[] Lines(Outcome outcome) =>
        [.. outcome.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
}
