using Orbit.Agent.Tests.Link;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Tests.Steps;

public sealed class PytestStepTests : AgentAndGateway
{
    [Fact]
    public async Task A_pytest_outlives_the_agent_and_every_test_is_told_once()
    {
        string tests = WriteTests("""
            import os, time, pytest
            @pytest.mark.parametrize("n", range(60))
            def test_it(n):
                time.sleep(0.05)
                assert n != 30
            """);
        StartAgent();
        ScriptedAssignment run = await Gateway.OfferAsync(Pytest(tests));
        await Eventually.TrueAsync(() => run.Events.Count(fact => fact.TestEnded is not null) > 5, () => Agent.Output, 40);

        Agent.Kill();
        StartAgent();
        PlanEnded ended = await run.EndAsync(60);

        Assert.Equal((RunStatus.Completed, Verdict.TestsFailed), (ended.Status, ended.Verdict));
        Assert.Equal((60, 59, 1), (ended.Summary.Total, ended.Summary.Passed, ended.Summary.Failed));
        Assert.Equal(60, run.Events.Count(fact => fact.TestStarted is not null));
        Assert.Equal(60, run.Events.Where(fact => fact.TestEnded is not null).Select(fact => fact.TestEnded.Id).Distinct().Count());
        Assert.Equal(60, run.Events.Count(fact => fact.TestEnded is not null));
    }

    [Fact]
    public async Task A_pytest_that_is_killed_leaves_finished_interrupted_and_not_run_tests()
    {
        string tests = WriteTests("""
            import os, signal, pytest
            @pytest.mark.parametrize("n", range(100))
            def test_it(n):
                if n == 36:
                    os.kill(os.getpid(), signal.SIGKILL)
            """);
        StartAgent();

        ScriptedAssignment run = await Gateway.OfferAsync(Pytest(tests));
        PlanEnded ended = await run.EndAsync(60);

        Assert.Equal((RunStatus.Failed, Verdict.Interrupted, FailureClass.Test), (ended.Status, ended.Verdict, ended.FailureClass));
        Assert.Equal((100, 36, 1, 63), (ended.Summary.Total, ended.Summary.Passed, ended.Summary.Interrupted, ended.Summary.NotRun));
        Assert.Equal(TestOutcome.Interrupted, run.Events.Last(fact => fact.TestEnded is not null).TestEnded.Outcome);
    }

    [Fact]
    public async Task Only_the_named_tests_run()
    {
        string tests = WriteTests("def test_a(): pass\ndef test_b(): assert False\ndef test_c(): pass\n");
        StartAgent();
        Plan plan = Pytest(tests);
        plan.Deploy.Steps[0].Test.Only.Add("test_it.py::test_b");

        PlanEnded ended = await (await Gateway.OfferAsync(plan)).EndAsync(60);

        Assert.Equal((1, 1, Verdict.TestsFailed), (ended.Summary.Total, ended.Summary.Failed, ended.Verdict));
    }

    [Fact]
    public async Task Steps_run_as_another_user_who_cannot_read_the_agents_key()
    {
        Assert.True(Environment.IsPrivilegedProcess, "needs root");
        string policy = Path.Combine(Agent.Directory, "policy.json");
        await File.WriteAllTextAsync(policy, $$"""{"run_as": "nobody", "roots": ["{{Agent.Files}}"]}""");
        File.SetUnixFileMode(policy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(Agent.Directory, (UnixFileMode)0b111_101_101);
        string tests = WriteTests($"""
            import os, pytest
            def test_who():
                assert os.getuid() == 65534
            def test_key():
                with pytest.raises(PermissionError):
                    open("{Agent.Data}/identity/agent.key")
            """);
        Agent.Start(["--server", Gateway.Address.ToString(), "--name", "test", "--token", Gateway.JoinToken, "--policy", policy]);

        ScriptedAssignment run = await Gateway.OfferAsync(Pytest(tests));
        PlanEnded ended = await run.EndAsync(60);

        Assert.Equal((RunStatus.Completed, Verdict.Passed, ""), (ended.Status, ended.Verdict, ended.Error));
        Assert.Equal(2, run.Events.Where(fact => fact.ResultsListed is not null).Sum(fact => fact.ResultsListed.Files.Count));
    }

    private string WriteTests(string content)
    {
        string directory = Path.Combine(Agent.Files, "tests");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "test_it.py"), content);
        return directory;
    }

    private static Plan Pytest(string directory) => new()
    {
        Deploy = new()
        {
            RunId = 1,
            Attempt = 1,
            Steps =
            {
                new PlanStep { Test = new() { Dir = directory, Pytest = new() { Argv = { "-q", "-p", "no:cacheprovider" } }, Python = "/usr/bin/python3" } },
                new PlanStep { Report = new() },
            },
        },
    };
}
