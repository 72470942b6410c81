using System.Globalization;
using System.Text.Json.Nodes;

namespace Orbit.EndToEnd.Support;

/// <summary>A test command that writes down each time it is begun, durably and before anything else, and ends when it is let go.</summary>
internal sealed class EffectSuite
{
    private const string Command = """
        #!/bin/sh
        echo "$ORBIT_RUN_ID" >> begun
        sync begun
        echo "effect of $ORBIT_RUN_ID"
        until [ -e go ]; do sleep 0.05; done
        exec /usr/bin/python3 -m pytest -p no:cacheprovider -q
        """;

    private readonly string _directory;

    /// <param name="suites">Where tests lie.</param>
    public EffectSuite(string suites)
    {
        _directory = Directory.CreateDirectory(Path.Combine(suites, "effects")).FullName;
        File.WriteAllText(Path.Combine(_directory, "test_effect.py"), "def test_effect():\n    pass\n");
        string command = Path.Combine(_directory, "run.sh");
        File.WriteAllText(command, Command + "\n");
        File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Parameters that deploy nothing and run this command.</summary>
    public JsonObject Parameters => new()
    {
        ["test"] = new JsonObject { ["dir"] = _directory, ["command"] = new JsonArray("./run.sh"), ["env"] = new JsonObject { ["PYTHONDONTWRITEBYTECODE"] = "1" } },
    };

    /// <summary>Runs whose command was begun, in order, once for each time.</summary>
    public long[] Begun => File.Exists(Path.Combine(_directory, "begun"))
        ? [.. File.ReadAllLines(Path.Combine(_directory, "begun")).Select(line => long.Parse(line, CultureInfo.InvariantCulture))]
        : [];

    /// <summary>Waits until the command was begun so often.</summary>
    public Task BegunAsync(int times) => Eventually.HoldsAsync(() => Begun.Length >= times, TimeSpan.FromSeconds(60));

    /// <summary>The command waits from now on.</summary>
    public void Hold() => File.Delete(Path.Combine(_directory, "go"));

    /// <summary>The command ends from now on.</summary>
    public void LetGo() => File.WriteAllText(Path.Combine(_directory, "go"), "");
}
