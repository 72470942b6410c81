using System.Diagnostics;
using System.Text.Json.Nodes;
using Orbit.EndToEnd.Support;

namespace Orbit.EndToEnd;

/// <summary>Hosts of their own, in network and mount namespaces, and the agent as it is shipped.</summary>
public sealed class HostTests
{
    private const string Suite = """
        mkdir -p /opt/suite && cd /opt/suite
        printf 'import os\ndef test_host():\n    assert os.getuid() != 0\n' >test_host.py
        printf '#!/bin/sh\nexec /usr/bin/python3 -m pytest -p no:cacheprovider -q\n' >run.sh
        chmod 755 run.sh
        """;

    [Fact]
    public async Task A_bare_host_works_within_a_minute_and_neither_its_token_nor_its_disk_is_good_for_another()
    {
        await using BareHost first = await BareHost.StartAsync(0);
        await using BareHost second = await BareHost.StartAsync(1);
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true, publicHost: first.Outside);
        await PackageAsync(stage.Install);
        string line = (string)(await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "bare", ["labels"] = new JsonObject { ["pool"] = "bare" } }))["install_command"]!;
        await first.MustAsync(Suite);
        JsonObject parameters = new() { ["test"] = new JsonObject { ["dir"] = "/opt/suite", ["command"] = new JsonArray("./run.sh"), ["env"] = new JsonObject { ["PYTHONDONTWRITEBYTECODE"] = "1" } } };
        long item = await stage.ItemAsync("bare", parameters, new JsonObject { ["pool"] = "bare" });
        long watch = Stopwatch.GetTimestamp();

        string installed = await first.MustAsync($"{line} --name bare --allow /opt/suite");
        JsonNode run = await stage.EndAsync(await stage.TriggerAsync(item, build: null));

        Assert.Equal(("PASSED", "bare"), ((string)run["verdict"]!, (string)run["agent"]!));
        Assert.True(Stopwatch.GetElapsedTime(watch) < TimeSpan.FromMinutes(1), $"It took {Stopwatch.GetElapsedTime(watch)}: {installed}");
        Assert.Contains("orbit-steps", await first.MustAsync("cat /etc/passwd /etc/orbit/agent-policy.json"), StringComparison.Ordinal);
        Assert.DoesNotContain("orbit-steps", await File.ReadAllTextAsync("/etc/passwd"), StringComparison.Ordinal);
        Assert.Equal(first.Address, (string)(await AgentAsync(stage))["remote_address"]!);

        (int code, string again) = await second.RunAsync($"{line} --name bare");
        Assert.Equal(1, code);
        Assert.Contains("JOIN_TOKEN_INVALID", again, StringComparison.Ordinal);
        await second.MustAsync("/opt/orbit/agent-keeper stop");

        await first.MustAsync($"tar -C / -cf {stage.Directory}/disk.tar var/lib/orbit-agent etc/orbit");
        await second.MustAsync($"rm -rf /var/lib/orbit-agent && tar -C / -xf {stage.Directory}/disk.tar && /opt/orbit/agent-keeper start");
        JsonNode agent = await Eventually.ReadAsync(() => AgentAsync(stage), found => (string)found["state"]! == "QUARANTINED", TimeSpan.FromSeconds(90));
        Assert.Contains(first.Address, (string)agent["note"]!, StringComparison.Ordinal);
        Assert.Contains(second.Address, (string)agent["note"]!, StringComparison.Ordinal);

        string rejoin = (string)(await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "bare", ["rejoin"] = true }))["install_command"]!;
        await first.MustAsync(rejoin);
        Assert.Equal("ONLINE", (string)(await AgentAsync(stage))["state"]!);
        Assert.Equal("PASSED", (string)(await stage.EndAsync(await stage.TriggerAsync(item, build: null)))["verdict"]!);

        await first.MustAsync($"{line} --uninstall --purge");
        Assert.DoesNotContain("orbit", await first.MustAsync("ls /opt /var/lib /etc /etc/init.d; cat /etc/passwd"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_systemd_gets_a_unit_that_is_enabled_and_started()
    {
        await using BareHost host = await BareHost.StartAsync(2);
        await using Stage stage = await Stage.StartAsync(Databases.Sqlite, tls: true, publicHost: host.Outside);
        await AgentArchive.PutAsync(stage.Install);
        string line = (string)(await stage.Admin.PostAsync("/api/v1/agents/join-tokens", new JsonObject { ["name"] = "unit" }))["install_command"]!;

        // A stand-in for systemctl: it notes what it is asked, and starts what the unit names.
        await host.MustAsync("""
            mkdir -p /run/systemd/system /opt/stand-in
            cat >/opt/stand-in/systemctl <<'STANDIN'
            #!/bin/sh
            echo "$*" >>/opt/stand-in/asked
            case "$1" in
              start | restart)
                set -a; . /etc/orbit/agent.env; set +a; cd /var/lib/orbit-agent
                setsid $(sed -n 's/^ExecStart=//p' /etc/systemd/system/orbit-agent.service) >/var/log/agent.log 2>&1 </dev/null &
                echo $! >/opt/stand-in/pid ;;
              disable) kill -TERM "$(cat /opt/stand-in/pid)" ;;
            esac
            STANDIN
            chmod 755 /opt/stand-in/systemctl
            """);
        string installed = await host.MustAsync($"export PATH=/opt/stand-in:$PATH; {line} --name unit");

        Assert.Contains("unit is online", installed, StringComparison.Ordinal);
        Assert.Equal("daemon-reload\nenable --quiet orbit-agent\nrestart orbit-agent\n", await host.MustAsync("cat /opt/stand-in/asked"));
        Assert.Equal(
            (await File.ReadAllTextAsync(Path.Combine(Programs.Root, "deploy/systemd/orbit-agent.service"))).TrimEnd(),
            (await host.MustAsync("cat /etc/systemd/system/orbit-agent.service")).TrimEnd());
        await host.MustAsync($"export PATH=/opt/stand-in:$PATH; {line} --uninstall");
        Assert.Contains("disable --now --quiet orbit-agent", await host.MustAsync("cat /opt/stand-in/asked; test ! -e /etc/systemd/system/orbit-agent.service"), StringComparison.Ordinal);
    }

    private static async Task<JsonNode> AgentAsync(Stage stage) =>
        (await stage.User.GetAsync("/api/v1/agents"))["agents"]!.AsArray().Single(agent => (string)agent!["name"]! == "bare")!;

    /// <summary>The agent as it is shipped: it brings its own runtime.</summary>
    private static async Task PackageAsync(string directory)
    {
        string packages = directory + "-made";
        using ChildProgram package = ChildProgram.Start(Path.Combine(Programs.Root, "deploy/package"), ["--only", "agent", "--output", packages]);
        int code = await package.ExitAsync(TimeSpan.FromMinutes(8));
        Assert.True(code == 0, package.Output);
        Directory.Move(Path.Combine(packages, "install"), directory);
    }
}
