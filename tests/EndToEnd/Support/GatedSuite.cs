using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>A pytest suite each of whose tests waits until it is let through, so that a test can act while a known one runs.</summary>
internal sealed class GatedSuite
{
    /// <summary>Number of tests.</summary>
    public const int Count = 6;

    /// <summary>Lines that are printed before the tests and once more after them.</summary>
    public const int Lines = 500;

    private const string Tests = """
        import os, subprocess, time, pytest

        @pytest.mark.parametrize("n", range(COUNT))
        def test_gate(n):
            if n == 0 and os.path.exists("want-children"):
                child = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & echo $! > grandchild; wait"], start_new_session=True)
                open("child", "w").write(str(child.pid))
            open("reached-%d" % n, "w").close()
            deadline = time.monotonic() + 80
            while not os.path.exists("go-%d" % n):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        """;

    private const string Command = """
        #!/bin/sh
        line() { i=1; while [ $i -le LINES ]; do echo "$1 $i"; i=$((i + 1)); done; }
        line before
        /usr/bin/python3 -m pytest -p no:cacheprovider -q
        code=$?
        line after
        exit $code
        """;

    private readonly string _directory;

    public GatedSuite(Stage stage, string name)
    {
        _directory = Directory.CreateDirectory(Path.Combine(stage.Suites, name)).FullName;
        File.WriteAllText(Path.Combine(_directory, "test_gate.py"), Tests.Replace("COUNT", $"{Count}", StringComparison.Ordinal));
        string command = Path.Combine(_directory, "run.sh");
        File.WriteAllText(command, Command.Replace("LINES", $"{Lines}", StringComparison.Ordinal));
        File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Parameters that deploy nothing and run this suite.</summary>
    public JsonObject Parameters => new()
    {
        ["test"] = new JsonObject { ["dir"] = _directory, ["command"] = new JsonArray("./run.sh"), ["env"] = new JsonObject { ["PYTHONDONTWRITEBYTECODE"] = "1" } },
    };

    /// <summary>Waits until a test runs.</summary>
    public Task ReachedAsync(int test) => Eventually.HoldsAsync(() => File.Exists(Path.Combine(_directory, $"reached-{test}")), TimeSpan.FromSeconds(60));

    /// <summary>Lets tests through.</summary>
    public void LetThrough(params ReadOnlySpan<int> tests)
    {
        foreach (int test in tests)
        {
            File.WriteAllText(Path.Combine(_directory, $"go-{test}"), "");
        }
    }

    /// <summary>Lets all tests through.</summary>
    public void LetAllThrough() => LetThrough([.. Enumerable.Range(0, Count)]);

    /// <summary>The first test starts a child in a session of its own, which starts another.</summary>
    public void WithChildren() => File.WriteAllText(Path.Combine(_directory, "want-children"), "");

    /// <summary>Pids that are still there of what the suite started.</summary>
    public List<int> Alive() => Leftovers.Below(_directory);

    /// <summary>What the command wrote around pytest's own output.</summary>
    public static IEnumerable<string> ExpectedLines =>
        [.. Enumerable.Range(1, Lines).Select(n => $"before {n}"), .. Enumerable.Range(1, Lines).Select(n => $"after {n}")];
}
