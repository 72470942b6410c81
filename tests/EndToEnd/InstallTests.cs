using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>The one line that lets a host join, below a directory of its own.</summary>
public sealed class InstallTests
{
    [Fact]
    public async Task One_line_installs_joins_and_reports_and_may_be_said_again()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        await AgentArchive.PutAsync(stage.Install);
        string root = Path.Combine(stage.Directory, "host-b");
        string line = await LineAsync(stage, "host-b");
        string options = $"--root {root} --name host-b --label pool=b --allow {stage.Suites}";
        Assert.Contains("-k --pinnedpubkey sha256//", line, StringComparison.Ordinal);

        string first = await ShellAsync($"{line} {options}");

        Assert.Contains("host-b is online at " + stage.TlsAddress, first, StringComparison.Ordinal);
        JsonNode agent = await Eventually.ReadAsync(() => AgentAsync(stage, "host-b"), found => (string)found["state"]! == "ONLINE", TimeSpan.FromSeconds(20));
        Assert.Equal("b", (string)agent["labels"]!["pool"]!);
        Assert.Contains($"\"roots\": [\"{stage.Suites}\"]", await File.ReadAllTextAsync(Path.Combine(root, "etc/orbit/agent-policy.json")), StringComparison.Ordinal);
        string settings = Path.Combine(root, "etc/orbit/agent.env");
        Assert.DoesNotContain("TOKEN", await File.ReadAllTextAsync(settings), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(settings));
        string since = await File.ReadAllTextAsync(Path.Combine(root, "var/lib/orbit-agent/connected"));

        string again = await ShellAsync($"{line} {options}");

        Assert.Contains("is the control plane's agent already", again, StringComparison.Ordinal);
        Assert.Equal(since, await File.ReadAllTextAsync(Path.Combine(root, "var/lib/orbit-agent/connected"))); // it was not even restarted
        await WorksAsync(stage);

        await KillAgentAsync(root);
        await Eventually.HoldsAsync(() => File.Exists(Path.Combine(root, "var/lib/orbit-agent/connected")) && File.ReadAllText(Path.Combine(root, "var/lib/orbit-agent/connected")) != since, TimeSpan.FromSeconds(30));

        await ShellAsync($"{line} --root {root} --uninstall");
        Assert.False(Directory.Exists(Path.Combine(root, "opt/orbit")));
        Assert.True(File.Exists(Path.Combine(root, "var/lib/orbit-agent/identity/agent.key")));
        Assert.Empty(Leftovers.Below(root));
        await ShellAsync($"{line} --root {root} --uninstall --purge");
        Assert.Empty(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_newer_agent_takes_over_and_one_that_does_not_come_online_is_taken_back()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        await AgentArchive.PutAsync(stage.Install);
        string root = Path.Combine(stage.Directory, "host-b");
        string line = await LineAsync(stage, "host-b");
        await ShellAsync($"{line} --root {root} --name host-b");
        string connected = Path.Combine(root, "var/lib/orbit-agent/connected");
        string since = await File.ReadAllTextAsync(connected);

        await AgentArchive.PutAsync(stage.Install, $"#!/bin/sh\n# newer\nexec dotnet {Programs.Agent} \"$@\"\n");
        Assert.Contains("is online", await ShellAsync($"{line} --root {root}"), StringComparison.Ordinal);
        Assert.Contains("# newer", await File.ReadAllTextAsync(Path.Combine(root, "opt/orbit/agent/orbit-agent")), StringComparison.Ordinal);
        Assert.NotEqual(since, await File.ReadAllTextAsync(connected));

        await AgentArchive.PutAsync(stage.Install, "#!/bin/sh\n[ \"$1\" != --version ] || { echo 9.9; exit 0; }\necho I am broken; exit 1\n");
        using ChildProgram shell = ChildProgram.Start("/bin/sh", ["-c", $"{line} --root {root}"]);
        Assert.Equal(1, await shell.ExitAsync(TimeSpan.FromSeconds(150)));
        Assert.Contains("I am broken", shell.Output, StringComparison.Ordinal);
        Assert.Contains("the one before is online again", shell.Output, StringComparison.Ordinal);
        Assert.Contains("# newer", await File.ReadAllTextAsync(Path.Combine(root, "opt/orbit/agent/orbit-agent")), StringComparison.Ordinal);
        Assert.Equal("ONLINE", (string)(await AgentAsync(stage, "host-b"))["state"]!);
        await ShellAsync($"{line} --root {root} --uninstall");
    }

    [Fact]
    public async Task A_dry_run_tells_all_and_changes_nothing()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string root = Path.Combine(stage.Directory, "host-b");

        string output = await ShellAsync($"{await LineAsync(stage, "host-b")} --root {root} --dry-run");

        Assert.All(["fetch", "agent-policy.json", "agent.env", "start the agent"], word => Assert.Contains(word, output, StringComparison.Ordinal));
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("would: ", line, StringComparison.Ordinal));
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public async Task What_is_not_whole_or_does_not_run_is_not_installed()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string root = Path.Combine(stage.Directory, "host-b");
        string line = $"{await LineAsync(stage, "host-b")} --root {root}";

        Assert.Contains("cannot fetch", await FailsAsync(line), StringComparison.Ordinal);
        await AgentArchive.PutAsync(stage.Install, "#!/bin/sh\necho this host is too old; exit 3\n");
        Assert.Contains("the agent does not run on this host: this host is too old", await FailsAsync(line), StringComparison.Ordinal);
        await File.AppendAllTextAsync(Path.Combine(stage.Install, "agent/linux-x64.tar.gz"), "x");
        Assert.Contains("the checksum of the agent does not fit", await FailsAsync(line), StringComparison.Ordinal);
        Assert.Contains("1 word too many".Replace("1", "one", StringComparison.Ordinal), await FailsAsync($"{line} other"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(root, "opt/orbit/agent")));
        Assert.Empty(Leftovers.Below(root));
    }

    [Fact]
    public async Task Curl_believes_no_server_with_another_key()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true);
        string line = await LineAsync(stage, "host-b");
        await stage.Admin.PostAsync("/api/v1/trust/rotate", new JsonObject());

        using ChildProgram curl = ChildProgram.Start("/bin/sh", ["-c", line.Split('|')[0]]);

        Assert.Equal(90, await curl.ExitAsync(TimeSpan.FromSeconds(30))); // CURLE_SSL_PINNEDPUBKEYNOTMATCH
    }

    [Fact]
    public async Task Without_tls_the_line_is_plain()
    {
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite);
        await AgentArchive.PutAsync(stage.Install);
        string root = Path.Combine(stage.Directory, "host-b");
        string line = await LineAsync(stage, "host-b");
        Assert.StartsWith($"curl -fsS {stage.Address}install | sh -s -- orbit-join-", line, StringComparison.Ordinal);

        Assert.Contains("host-b is online", await ShellAsync($"{line} --root {root} --name host-b"), StringComparison.Ordinal);
        await ShellAsync($"{line} --root {root} --uninstall");
    }

    private static async Task<string> LineAsync(Stage stage, string name) =>
        (string)(await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = name }))["install_command"]!;

    private static async Task<JsonNode> AgentAsync(Stage stage, string name) =>
        (await stage.User.GetAsync("/api/v1/agents"))["agents"]!.AsArray().Single(agent => (string)agent!["name"]! == name)!;

    private static async Task<string> ShellAsync(string line)
    {
        using ChildProgram shell = ChildProgram.Start("/bin/sh", ["-c", line]);
        int code = await shell.ExitAsync(TimeSpan.FromSeconds(120));
        Assert.True(code == 0, $"{line} ended {code}: {shell.Output}");
        return shell.Output;
    }

    private static async Task<string> FailsAsync(string line)
    {
        using ChildProgram shell = ChildProgram.Start("/bin/sh", ["-c", line]);
        Assert.Equal(1, await shell.ExitAsync(TimeSpan.FromSeconds(60)));
        return shell.Output;
    }

    private static async Task WorksAsync(Stage stage)
    {
        GatedSuite suite = new(stage, "quick");
        suite.LetAllThrough();
        long item = await stage.ItemAsync("quick", suite.Parameters, new JsonObject { ["pool"] = "b" });
        JsonNode run = await stage.EndAsync(await stage.TriggerAsync(item, build: null));
        Assert.Equal(("PASSED", "host-b"), ((string)run["verdict"]!, (string)run["agent"]!));
    }

    private static async Task KillAgentAsync(string root)
    {
        string data = Path.Combine(root, "var/lib/orbit-agent");
        int agent = Leftovers.Below(data).Single(pid => File.ReadAllText($"/proc/{pid}/cmdline").Contains("orbit-agent.dll", StringComparison.Ordinal));
        using ChildProgram kill = ChildProgram.Start("/bin/kill", ["-KILL", $"{agent}"]);
        Assert.Equal(0, await kill.ExitAsync(TimeSpan.FromSeconds(10)));
    }
}
