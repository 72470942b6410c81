using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestXdistTests : IDisposable
{
    private readonly PytestRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Workers_report_through_one_process_and_write_their_own_results()
    {
        PytestRun run = (await _rig.Has("test_many.py", """
            import pytest
            @pytest.fixture
            def bad(): raise RuntimeError("no")
            @pytest.mark.parametrize("n", range(40))
            def test_n(n):
                print("number", n)
                assert n != 7
            def test_broken(): raise KeyError("k")
            def test_error(bad): pass
            @pytest.mark.xfail(reason="BUG")
            def test_xfail(): assert 0
            """).RunAsync("-n2")).Clean();

        Assert.Equal(new PytestCounts(43, Passed: 39, Failed: 1, Broken: 2, Skipped: 1, 0, 0, 0), run.Counts);
        Assert.Equal(2, Assert.Single(run.Session.Processes).Started!.Workers);
        Assert.All(run.Session.Tests, test => Assert.Matches("^gw[01]$", test.Result!.Worker));
        Assert.Equal("number 7\n", run.Test("test_many.py::test_n[7]").Result!.Stdout);
        Assert.Equal(43, _rig.Results().Count);
        Assert.All(run.Session.Tests, test => Assert.True(File.Exists(Path.Combine(_rig.Allure, test.Result!.ResultFile!))));
    }

    [Fact]
    public async Task A_worker_that_crashes_costs_one_test()
    {
        PytestRun run = (await _rig.Has("test_crash.py", """
            import os
            import pytest
            @pytest.mark.parametrize("n", range(20))
            def test_n(n):
                if n == 5: os._exit(3)
            """).RunAsync("-n2")).Clean();

        Assert.Equal(new PytestCounts(20, Passed: 19, 0, Broken: 1, 0, 0, 0, 0), run.Counts);
        PytestTest crashed = run.Test("test_crash.py::test_n[5]");
        Assert.Equal(PytestOutcome.Crash, crashed.Result!.Outcome);
        Assert.Contains("crashed", crashed.Result.Message, StringComparison.Ordinal);
        Assert.Equal(PytestVerdictKind.TestsFailed, run.Verdict.Kind);
        Assert.Single(SyntheticResults.Write(run.Session, run.Verdict.Reason, _rig.Allure));
        Assert.Equal(20, _rig.Results().Count);
    }

    [Theory]
    [InlineData("-q")]
    [InlineData("-n2")]
    public async Task A_test_that_is_tried_again_counts_once_with_its_last_try(string argument)
    {
        // Two of the ways in which plugins that repeat tests report: with and without the teardown of a failed try.
        _rig.Has("conftest.py", """
            from _pytest.runner import runtestprotocol

            def pytest_runtest_protocol(item, nextitem):
                item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
                for attempt in range(3):
                    item._initrequest()
                    reports = runtestprotocol(item, nextitem=nextitem, log=False)
                    again = attempt < 2 and any(report.failed for report in reports)
                    for report in reports:
                        repeats = again and report.failed
                        report.outcome = "rerun" if repeats else report.outcome
                        item.ihook.pytest_runtest_logreport(report=report)
                        if repeats and "brief" in item.name: break
                    if not again: break
                item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
                return True
            """).Has("test_again.py", """
            import collections
            import pytest
            tries = collections.Counter()

            @pytest.fixture
            def unsteady():
                tries["setup"] += 1
                assert tries["setup"] == 2

            @pytest.mark.parametrize("way", ["brief", "full"])
            def test_third_time(way):
                tries[way] += 1
                assert tries[way] == 3

            def test_brief_never(): assert False
            def test_setup(unsteady): pass
            def test_fine(): pass
            """);

        PytestRun run = (await _rig.RunAsync(argument)).Clean();

        Assert.Equal(new PytestCounts(5, Passed: 4, Failed: 1, 0, 0, 0, 0, 0), run.Counts);
        Assert.Equal(
            ["test_third_time[brief] 3", "test_third_time[full] 3", "test_brief_never 3", "test_setup 2", "test_fine 1"],
            run.Session.Tests.Select(test => $"{test.Id["test_again.py::".Length..]} {test.Attempts}"));
        ILookup<string, string> results = _rig.Results().ToLookup(
            result => result.GetProperty("name").GetString()!, result => result.GetProperty("status").GetString()!);
        Assert.Equal(["failed", "failed", "passed"], results["test_third_time[brief]"].Order());
        Assert.Equal(["failed", "failed", "passed"], results["test_third_time[full]"].Order());
        Assert.Equal(["failed", "passed"], results["test_setup"].Order());
        Assert.Equal(["passed"], results["test_fine"]);
    }

    [Fact]
    public async Task Only_the_selected_tests_run_and_missing_ones_are_counted()
    {
        foreach (string[] arguments in new[] { Array.Empty<string>(), ["-n2"] })
        {
            using PytestRig rig = new();
            rig.Selection = PytestFiles.WriteSelection(
                Path.Combine(rig.Suite, "wanted.json"), ["test_it.py::test_p[1]", "test_it.py::test_p[\\u65e5]", "test_it.py::gone", "old.py::test_x"]);

            PytestRun run = (await rig.Has("test_it.py", """
                import pytest
                @pytest.mark.parametrize("p", [1, 2, "日"])
                def test_p(p): assert p != 1
                """).RunAsync(arguments)).Clean();

            Assert.Equal(new PytestCounts(2, Passed: 1, Failed: 1, 0, 0, 0, 0, 0), run.Counts);
            PytestSelection selection = run.Session.Processes[0].Collected!.Selection!;
            Assert.Equal((4, 2), (selection.Wanted, selection.Missing));
            Assert.Equal(["test_it.py::gone", "old.py::test_x"], selection.MissingIds);
            Assert.Contains("2 of 4 selected tests do not exist any more", run.Verdict.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_selection_of_which_nothing_is_left_is_no_tests()
    {
        _rig.Selection = PytestFiles.WriteSelection(Path.Combine(_rig.Suite, "wanted.json"), ["gone.py::test_x"]);

        PytestRun run = (await _rig.Has("test_it.py", "def test_a(): pass").RunAsync()).Clean();

        Assert.Equal(PytestVerdictKind.NoTests, run.Verdict.Kind);
        Assert.Contains("1 of 1 selected test", run.Verdict.Reason, StringComparison.Ordinal);
    }
}
