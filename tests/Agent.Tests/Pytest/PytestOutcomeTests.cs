using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestOutcomeTests : IDisposable
{
    private const string EveryOutcome = """
        import unittest
        import pytest

        @pytest.fixture
        def bad_setup():
            raise RuntimeError("no database")

        @pytest.fixture
        def bad_teardown():
            yield
            raise OSError("cleanup failed")

        def test_pass(): pass
        def test_fail(): assert 1 == 2, "one is not two"
        def test_broken(): raise ValueError("boom")
        def test_explicit(): pytest.fail("explicit")
        def test_setup_error(bad_setup): pass
        def test_teardown_error(bad_teardown): pass
        def test_fails_twice(bad_teardown): assert False, "call failed too"
        def test_skip_then_teardown_error(bad_teardown): pytest.skip("not here")
        @pytest.mark.skip(reason="not on this platform")
        def test_skip(): pass
        @pytest.mark.xfail(reason="BUG-1")
        def test_xfail(): assert 0
        @pytest.mark.xfail
        def test_xpass(): pass
        @pytest.mark.xfail(strict=True, reason="BUG-2")
        def test_xpass_strict(): pass

        class Unit(unittest.TestCase):
            def test_equal(self): self.assertEqual(1, 2)
            def test_skipped(self): self.skipTest("later")
            def test_fine(self): pass
            def test_error(self): {}["k"]
        """;

    private readonly PytestRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Every_outcome_of_pytest_is_told_and_counted_in_the_words_of_allure()
    {
        PytestRun run = (await _rig.Has("test_all.py", EveryOutcome).RunAsync()).Clean();

        Assert.Equal(new PytestCounts(16, Passed: 3, Failed: 5, Broken: 5, Skipped: 3, 0, 0, 0), run.Counts);
        Assert.Equal(
            [
                "test_pass Passed Passed call", "test_fail Failed Failed call", "test_broken Failed Broken call",
                "test_explicit Failed Failed call", "test_setup_error Error Broken setup",
                "test_teardown_error Error Broken teardown", "test_fails_twice Failed Failed call",
                "test_skip_then_teardown_error Error Broken teardown", "test_skip Skipped Skipped setup",
                "test_xfail XFailed Skipped call", "test_xpass XPassed Passed call", "test_xpass_strict Failed Failed call",
                "Unit::test_equal Failed Failed call", "Unit::test_error Failed Broken call",
                "Unit::test_fine Passed Passed call", "Unit::test_skipped Skipped Skipped call",
            ],
            run.Session.Tests.Select(test =>
                $"{test.Id["test_all.py::".Length..]} {test.Result!.Outcome} {test.Status} {test.Result.Phase}"));
        Assert.Equal("ValueError: boom", run.Test("test_all.py::test_broken").Result!.Message);
        Assert.StartsWith("XFAIL BUG-1", run.Test("test_all.py::test_xfail").Result!.Message, StringComparison.Ordinal);
        Assert.Equal(PytestVerdictKind.TestsFailed, run.Verdict.Kind);
        Assert.StartsWith("10 of 16 tests failed, 5 of them outside an assertion; the first is test_all.py::test_fail.", run.Verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_results_for_allure_agree_with_the_events_one_by_one()
    {
        PytestRun run = await _rig.Has("unit/test_all.py", EveryOutcome).RunAsync();

        Dictionary<string, string> written = _rig.Results().ToDictionary(
            result => result.GetProperty("parameters").EnumerateArray().Last().GetProperty("value").GetString()!,
            result => result.GetProperty("status").GetString()!);
        Assert.Equal(
            run.Session.Tests.ToDictionary(test => test.Id, test => test.Status!.Value.ToString().ToLowerInvariant()), written);
        Assert.All(run.Session.Tests, test => Assert.True(File.Exists(Path.Combine(_rig.Allure, test.Result!.ResultFile!))));
    }

    [Fact]
    public async Task Parameters_that_look_alike_or_cannot_be_shown_stay_tests_of_their_own()
    {
        PytestRun run = (await _rig.Has("test_ids.py", """
            import pytest

            class Mute:
                def __repr__(self): raise RuntimeError("no text")

            @pytest.mark.parametrize("value", [
                lambda: 1, lambda: 2, object(), object(), Mute(), "日本", "нет", "a::b[c]", "", "tab\t", b"\xff", 1.5, None])
            def test_value(value): assert value != 1.5
            """).RunAsync()).Clean();

        Assert.Equal(new PytestCounts(13, Passed: 12, Failed: 1, 0, 0, 0, 0, 0), run.Counts);
        var results = _rig.Results();
        Assert.Equal(13, results.Count);
        Assert.Single(results.Select(result => result.GetProperty("testCaseId").GetString()).Distinct());
        Assert.Equal(13, results.Select(result => result.GetProperty("historyId").GetString()).Distinct().Count());
        Assert.All(results, result =>
        {
            var parameters = result.GetProperty("parameters").EnumerateArray().ToList();
            Assert.Equal(2, parameters.Count);
            Assert.True(parameters[0].GetProperty("excluded").GetBoolean());
            Assert.Equal("hidden", parameters[1].GetProperty("mode").GetString());
        });
        Assert.Equal(13, results.Select(result => result.GetProperty("parameters")[1].GetProperty("value").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_result_says_where_the_test_belongs()
    {
        _rig.Has("api/v1/test_orders.py", """
            import pytest

            @pytest.fixture(scope="module")
            def shop(): yield "shop"

            @pytest.mark.smoke
            class TestOrders:
                class TestNested:
                    def test_create(self, shop):
                        "Creates an order."
                        print("an order")

                def test_other(self, shop): pass
            """);

        (await _rig.RunAsync()).Clean();

        var result = _rig.Results().Single(each => each.GetProperty("name").GetString() == "test_create");
        ILookup<string, string> labels = result.GetProperty("labels").EnumerateArray().ToLookup(
            label => label.GetProperty("name").GetString()!, label => label.GetProperty("value").GetString()!);
        Assert.Equal("api.v1.test_orders.TestOrders.TestNested#test_create", result.GetProperty("fullName").GetString());
        Assert.Equal(["api.v1"], labels["parentSuite"]);
        Assert.Equal(["test_orders"], labels["suite"]);
        Assert.Equal(["TestOrders > TestNested"], labels["subSuite"]);
        Assert.Equal(["api.v1.test_orders"], labels["package"]);
        Assert.Equal(["smoke"], labels["tag"]);
        Assert.Equal(["pytest"], labels["framework"]);
        Assert.Equal(
            ["api", "v1", "test_orders.py", "TestOrders", "TestNested"],
            result.GetProperty("titlePath").EnumerateArray().Select(part => part.GetString()!));
        Assert.Equal("Creates an order.", result.GetProperty("description").GetString());
        string attachment = result.GetProperty("attachments")[0].GetProperty("source").GetString()!;
        Assert.Equal("an order\n", File.ReadAllText(Path.Combine(_rig.Allure, attachment)));
        var container = Assert.Single(_rig.Containers());
        Assert.Equal("shop", container.GetProperty("befores")[0].GetProperty("name").GetString());
        Assert.Equal(2, container.GetProperty("children").GetArrayLength());
    }
}
