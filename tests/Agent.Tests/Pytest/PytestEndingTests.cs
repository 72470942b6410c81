using System.Diagnostics;
using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestEndingTests : IDisposable
{
    private const string Hundred = """
        import os, signal, sys, time
        import pytest

        @pytest.mark.parametrize("n", range(1, 101))
        def test_n(n):
            if n == 37:
                time.sleep(600)
        """;

    private readonly PytestRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("def test_a(): pass", "", 0, "Passed", "PASSED")]
    [InlineData("def test_a(): assert 0", "", 1, "TestsFailed", "TESTS_FAILED")]
    [InlineData("import nosuchmodule", "", 2, "InfrastructureError", "COLLECTION_ERROR")]
    [InlineData("def test_a(: pass", "", 2, "InfrastructureError", "COLLECTION_ERROR")]
    [InlineData("import nosuchmodule", "-n2", 1, "InfrastructureError", "COLLECTION_ERROR")]
    [InlineData("def helper(): pass", "", 5, "NoTests", "NO_TESTS")]
    [InlineData("def test_a(): pass", "-k nothing_is_called_so", 5, "NoTests", "NO_TESTS")]
    [InlineData("def test_a(): pass", "--no-such-option", 4, "InfrastructureError", "PYTEST_NOT_STARTED")]
    [InlineData("def test_a(): pass", "nosuch.py", 4, "InfrastructureError", "PYTEST_USAGE_ERROR")]
    [InlineData("def test_a(): pass", "-p nosuch", 1, "InfrastructureError", "PYTEST_NOT_STARTED")]
    [InlineData("def test_a(): pass", "--collect-only", 0, "InfrastructureError", "TESTS_MISSING")]
    [InlineData("import pytest\ndef test_a(): pytest.exit('enough', returncode=7)", "", 7, "InfrastructureError", "PYTEST_EXIT_UNKNOWN")]
    [InlineData("import pytest\ndef test_a(): pytest.exit('enough')", "", 2, "Interrupted", "PYTEST_INTERRUPTED")]
    [InlineData("import pytest\ndef test_a(): pytest.exit('enough', returncode=0)", "", 0, "InfrastructureError", "TESTS_MISSING")]
    [InlineData("import pytest\ndef test_a(): pytest.exit('enough', returncode=1)", "", 1, "Interrupted", "PYTEST_INTERRUPTED")]
    [InlineData("import os\ndef test_a(): os._exit(0)", "", 0, "InfrastructureError", "PYTEST_VANISHED")]
    [InlineData("import ctypes\ndef test_a(): ctypes.string_at(0)", "", 128 + 11, "InfrastructureError", "PYTEST_VANISHED")]
    [InlineData("import os\ndef test_a(): os.kill(os.getpid(), 9)", "", 128 + 9, "Interrupted", "PYTEST_KILLED")]
    [InlineData("import os\ndef test_a(): os.kill(os.getpid(), 15)", "", 128 + 15, "Interrupted", "PYTEST_KILLED")]
    [InlineData("import os\ndef test_a(): os.kill(os.getpid(), 2)\ndef test_b(): pass", "", 2, "Interrupted", "PYTEST_INTERRUPTED")]
    public async Task Every_way_to_end_has_its_verdict(string suite, string arguments, int code, string kind, string cause)
    {
        PytestRun run = (await _rig.Has("test_it.py", suite).RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Clean();

        Assert.Equal((code, kind, cause), (run.End.Code, run.Verdict.Kind.ToString(), run.Verdict.Code));
        Assert.NotEmpty(run.Verdict.Reason);
    }

    [Theory]
    [InlineData("raise RuntimeError('no configuration')", 4, "PYTEST_NOT_STARTED")]
    [InlineData("def pytest_runtest_protocol(item): raise RuntimeError('hook')", 3, "PYTEST_INTERNAL_ERROR")]
    [InlineData("def pytest_sessionfinish(session): session.exitstatus = 1", 1, "PYTEST_FAILED")]
    public async Task A_broken_conftest_is_told_apart_from_a_failing_test(string conftest, int code, string cause)
    {
        PytestRun run = (await _rig.Has("conftest.py", conftest).Has("test_it.py", "def test_a(): pass").RunAsync()).Clean();

        Assert.Equal((code, cause), (run.End.Code, run.Verdict.Code));
    }

    [Theory]
    [InlineData("KILL", 128 + 9, "PYTEST_KILLED")]
    [InlineData("TERM", 128 + 15, "PYTEST_KILLED")]
    [InlineData("INT", 2, "PYTEST_INTERRUPTED")]
    public async Task Killed_at_test_37_of_100_leaves_36_results_one_interrupted_and_63_not_run(string signal, int code, string cause)
    {
        using Process process = _rig.Has("test_hundred.py", Hundred).Start(PytestRig.Python, "-m", "pytest", "-p", "no:cacheprovider");
        PytestRig.Kill(signal, await _rig.UntilRunningAsync("test_hundred.py::test_n[37]", process));
        PytestRun run = (await _rig.EndAsync(process)).Clean();

        Assert.Equal(new PytestCounts(100, Passed: 36, 0, 0, 0, Interrupted: 1, NotRun: 63, 0), run.Counts);
        Assert.Equal((code, PytestVerdictKind.Interrupted, cause), (run.End.Code, run.Verdict.Kind, run.Verdict.Code));
        Assert.Contains("test_n[37]", run.Verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(36, _rig.Results().Count);

        string file = Assert.Single(SyntheticResults.Write(run.Session, run.Verdict.Reason, _rig.Allure));
        SyntheticResults.Write(run.Session, run.Verdict.Reason, _rig.Allure); // again, as after a restart
        Assert.Equal(37, _rig.Results().Count);
        var synthetic = _rig.Results().Single(result => result.GetProperty("name").GetString() == "test_n[37]");
        var neighbour = _rig.Results().Single(result => result.GetProperty("name").GetString() == "test_n[36]");
        Assert.Equal($"{synthetic.GetProperty("uuid").GetString()}-result.json", file);
        Assert.Equal("broken", synthetic.GetProperty("status").GetString());
        Assert.StartsWith("interrupted: ", synthetic.GetProperty("statusDetails").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(neighbour.GetProperty("testCaseId").GetString(), synthetic.GetProperty("testCaseId").GetString());
        Assert.Equal(neighbour.GetProperty("fullName").GetString(), synthetic.GetProperty("fullName").GetString());
    }

    [Theory]
    [InlineData("Cancelled")]
    [InlineData("TimedOut")]
    public async Task What_the_agent_ended_itself_is_said_so(string stop)
    {
        using Process process = _rig.Has("test_hundred.py", Hundred).Start(PytestRig.Python, "-m", "pytest", "-p", "no:cacheprovider");
        PytestRig.Kill("TERM", await _rig.UntilRunningAsync("test_hundred.py::test_n[37]", process));
        PytestRun run = await _rig.EndAsync(process);

        PytestVerdict verdict = PytestVerdict.Of(run.Session, run.End with { Stop = Enum.Parse<PytestStop>(stop) });
        Assert.Equal(stop, verdict.Kind.ToString());
        Assert.EndsWith("after 36 of 100 tests, while test_hundred.py::test_n[37] ran.", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/python3 -m pytest -q | tee log.txt")]
    [InlineData("/usr/bin/python3 -m pytest -q || true")]
    [InlineData("/usr/bin/python3 -m pytest -q; echo done")]
    public async Task A_wrapper_that_hides_the_exit_code_hides_no_failure(string line)
    {
        _rig.Has("test_it.py", "def test_a(): assert 0\ndef test_b(): pass").Script("run_pytest.sh", $"#!/bin/sh\n{line}\n");

        PytestRun run = (await _rig.RunCommandAsync(Path.Combine(_rig.Suite, "run_pytest.sh"))).Clean();

        Assert.Equal((0, PytestVerdictKind.TestsFailed), (run.End.Code, run.Verdict.Kind));
        Assert.EndsWith("hid this by ending with exit code 0.", run.Verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#!/bin/sh\nexec /nowhere/python3 -m pytest\n", 127)]
    [InlineData("#!/bin/sh\nexec /etc/passwd\n", 126)]
    [InlineData("#!/bin/sh\nexec /usr/bin/python3 -S -m pytest\n", 1)]
    [InlineData("#!/bin/sh\nexit 0\n", 0)]
    public async Task A_command_that_never_reaches_pytest_is_an_infrastructure_error(string script, int code)
    {
        PytestRun run = await _rig.Has("test_it.py", "def test_a(): pass").Script("run_pytest.sh", script)
            .RunCommandAsync(Path.Combine(_rig.Suite, "run_pytest.sh"));

        Assert.Equal((code, "PYTEST_NOT_STARTED"), (run.End.Code, run.Verdict.Code));
        Assert.Contains($"exit code {code}", run.Verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_fails_after_pytest_passed_has_not_passed()
    {
        _rig.Has("test_it.py", "def test_a(): pass").Script("run_pytest.sh", "#!/bin/sh\n/usr/bin/python3 -m pytest -q\nexit 9\n");

        PytestRun run = await _rig.RunCommandAsync(Path.Combine(_rig.Suite, "run_pytest.sh"));

        Assert.Equal((PytestVerdictKind.InfrastructureError, "COMMAND_FAILED"), (run.Verdict.Kind, run.Verdict.Code));
    }

    [Fact]
    public async Task A_command_may_run_pytest_several_times_and_its_last_word_on_a_test_counts()
    {
        _rig.Has("one/test_one.py", """
            import os
            def test_flaky():
                if not os.path.exists("been_here"):
                    open("been_here", "w").close()
                    assert False
            def test_other(): pass
            """).Has("two/test_two.py", "def test_two(): pass").Script("run_pytest.sh", """
            #!/bin/sh
            /usr/bin/python3 -m pytest -q one
            /usr/bin/python3 -m pytest -q one/test_one.py::test_flaky --rootdir . && /usr/bin/python3 -m pytest -q two
            """);

        PytestRun run = (await _rig.RunCommandAsync(Path.Combine(_rig.Suite, "run_pytest.sh"))).Clean();

        Assert.Equal(3, run.Session.Processes.Count);
        Assert.Equal(new PytestCounts(3, Passed: 3, 0, 0, 0, 0, 0, 0), run.Counts);
        Assert.Equal(2, run.Test("one/test_one.py::test_flaky").Attempts);
        Assert.Equal(PytestVerdictKind.Passed, run.Verdict.Kind);
    }
}
