using System.Text;
using Orbit.Agent.Pytest;

namespace Orbit.Agent.Tests.Pytest;

public sealed class PytestTextTests : IDisposable
{
    private readonly PytestRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Text_that_cannot_be_stored_or_is_too_long_breaks_nothing()
    {
        PytestRun run = (await _rig.Has("test_text.py", """
            import logging, os, sys
            def test_surrogate(): raise ValueError("lone \ud800 and nul \0")
            def test_long(): raise ValueError("x" * 200000 + "the end")
            def test_lines(): raise ValueError("\n".join("line %d" % n for n in range(5000)))
            def test_wide(): raise ValueError("中" * 30000)
            def test_output():
                sys.stdout.write("y" * (1 << 20))
                print("the last line")
            def test_bytes():
                os.write(1, b"before \xff\xfe\x00 after\n")
                os.write(2, b"\x1b[31mred\x1b[0m\n")
                logging.getLogger("shop").warning("careful")
            def test_html(): assert False, "<script>alert(1)</script> & \"quotes\""
            """).RunAsync("--tb=short")).Clean();

        Assert.Equal(new PytestCounts(7, Passed: 2, Failed: 1, Broken: 4, 0, 0, 0, 0), run.Counts);
        Assert.Equal(@"ValueError: lone \ud800 and nul \x00", Message("test_surrogate"));
        foreach (string test in new[] { "test_long", "test_lines", "test_wide" })
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(Message(test)), 10_000, 64 * 1024);
        }

        Assert.EndsWith("the end", Message("test_long"), StringComparison.Ordinal);
        Assert.Contains("cut by Orbit: 200019 characters", Message("test_long"), StringComparison.Ordinal);
        Assert.EndsWith("line 4999", Message("test_lines"), StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', Message("test_wide"));

        PytestTestFinished output = run.Test("test_text.py::test_output").Result!;
        Assert.InRange(Encoding.UTF8.GetByteCount(output.Stdout!), 60_000, 64 * 1024);
        Assert.EndsWith("the last line\n", output.Stdout, StringComparison.Ordinal);
        PytestTestFinished bytes = run.Test("test_text.py::test_bytes").Result!;
        Assert.StartsWith("before \uFFFD", bytes.Stdout, StringComparison.Ordinal);
        Assert.Contains("red", bytes.Stderr, StringComparison.Ordinal);
        Assert.Contains("careful", bytes.Log, StringComparison.Ordinal);

        Assert.Equal(7, _rig.Results().Count);
        Assert.Equal((1 << 20) + "the last line\n".Length, new DirectoryInfo(_rig.Allure).GetFiles("*-attachment.txt").Max(file => file.Length));

        string Message(string test) => run.Test($"test_text.py::{test}").Result!.Message!;
    }

    [Fact]
    public async Task Tests_that_take_the_world_apart_cannot_silence_the_plugin_or_make_it_write_elsewhere()
    {
        PytestRun run = (await _rig.Has("test_faked.py", """
            import json, os, time, uuid
            import pytest

            @pytest.fixture(scope="module", autouse=True)
            def no_world():
                real = time.time, json.dumps, os.write, os.open, os.urandom, os.rename, uuid.uuid4
                def broken(*a, **k): raise RuntimeError("patched")
                time.time = lambda: 0.0
                json.dumps = os.write = os.open = os.urandom = os.rename = uuid.uuid4 = broken
                yield
                time.time, json.dumps, os.write, os.open, os.urandom, os.rename, uuid.uuid4 = real

            def test_frozen(): assert time.time() == 0.0
            def test_frozen_too(): assert time.time() == 0.0
            """).Has("test_hostile.py", """
            import os, subprocess, sys

            def test_closes_every_descriptor():
                os.closerange(3, 300)
                globals()["mine"] = [os.open("mine%d" % n, os.O_WRONLY | os.O_CREAT) for n in range(20)]

            def test_fork():
                child = os.fork()
                if child == 0: os._exit(0)
                os.waitpid(child, 0)

            def test_moves_away(tmp_path): os.chdir(str(tmp_path))

            def test_recursion():
                def again(): again()
                again()

            def test_pytest_in_pytest(tmp_path):
                (tmp_path / "test_inner.py").write_text("def test_inner(): assert 0")
                clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
                for environment in (None, clean):
                    inner = subprocess.run([sys.executable, "-m", "pytest", "-q", str(tmp_path)], env=environment, stdout=subprocess.PIPE)
                    assert inner.returncode == 1, inner.stdout
            """).RunAsync("-s")).Clean();

        Assert.Equal(new PytestCounts(7, Passed: 6, 0, Broken: 1, 0, 0, 0, 0), run.Counts);
        Assert.Equal(1, run.End.Code);
        Assert.Single(run.Session.Processes);
        Assert.All(run.Session.Tests, test => Assert.True(test.StartedAt > DateTimeOffset.UnixEpoch.AddYears(50)));
        Assert.All(Enumerable.Range(0, 20), n => Assert.Equal(0, new FileInfo(Path.Combine(_rig.Suite, $"mine{n}")).Length));
        Assert.Equal(7, _rig.Results().Count);
    }

    [Fact]
    public async Task A_plugin_that_cannot_write_leaves_the_tests_and_their_exit_code_alone()
    {
        _rig.Has("test_it.py", "def test_a(): pass\ndef test_b(): assert 0");
        Directory.CreateDirectory(_rig.Events); // a directory where the file should be
        File.WriteAllText(_rig.Allure, "a file where the directory should be");

        PytestRun run = await _rig.RunAsync("-q");

        Assert.Equal(1, run.End.Code);
        Assert.Contains("1 failed, 1 passed", run.Output, StringComparison.Ordinal);
        Assert.Equal("PYTEST_NOT_STARTED", run.Verdict.Code);
    }

    [Fact]
    public async Task A_plugin_that_cannot_write_results_says_so_and_goes_on_telling()
    {
        File.WriteAllText(_rig.Allure, "a file where the directory should be");

        PytestRun run = await _rig.Has("test_it.py", "def test_a(): pass").RunAsync("-q");

        Assert.Equal((0, PytestVerdictKind.Passed), (run.End.Code, run.Verdict.Kind));
        PytestPluginError told = Assert.Single(run.Session.PluginErrors);
        Assert.Contains("no Allure results", told.Message, StringComparison.Ordinal);
    }
}
