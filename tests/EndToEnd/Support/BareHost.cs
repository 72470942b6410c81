using System.Globalization;
using System.Text;

namespace Orbit.EndToEnd.Support;

/// <summary>
/// A host of its own on this machine: a network namespace with an address, a process namespace, and a mount namespace in which <c>/etc</c>, <c>/opt</c>, <c>/var</c>
/// and <c>/run</c> can be changed without anybody noticing. Needs root.
/// </summary>
internal sealed class BareHost : IAsyncDisposable
{
    private readonly string _name = $"orbit-{Guid.NewGuid():N}"[..13];
    private readonly string _files = Directory.CreateTempSubdirectory("orbit-host-").FullName;
    private readonly string _network;
    private ChildProgram? _holder;
    private ChildProgram? _watch;

    private BareHost(int number) => _network = string.Create(CultureInfo.InvariantCulture, $"10.231.{Environment.ProcessId % 200}.{number * 4}");

    /// <summary>Address of this machine as the host sees it.</summary>
    public string Outside => At(1);

    /// <summary>Address of the host.</summary>
    public string Address => At(2);

    /// <summary>Makes one; of those that live at a time each needs a number of its own, 0 to 60.</summary>
    public static async Task<BareHost> StartAsync(int number)
    {
        BareHost host = new(number);
        try
        {
            await host.OpenAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command on the host; its exit code and output.</summary>
    public async Task<(int Code, string Output)> RunAsync(string command, TimeSpan? limit = null)
    {
        using ChildProgram shell = ChildProgram.Start("/usr/bin/nsenter", ["-t", First, "-m", "-n", "-p", "/bin/sh", "-c", command]);
        int code = await shell.ExitAsync(limit ?? TimeSpan.FromSeconds(120));
        return (code, shell.Output);
    }

    /// <summary>Runs a command on the host and wants exit code 0.</summary>
    public async Task<string> MustAsync(string command)
    {
        (int code, string output) = await RunAsync(command);
        Assert.True(code == 0, $"{command} ended {code}: {output}");
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            _holder.Dispose(); // its first process ends with it, and with that all others
        }

        using (ChildProgram gone = ChildProgram.Start("/bin/sh", ["-c", $"ip netns del {_name}; ip link del {_name}a 2>/dev/null; umount {_files}"]))
        {
            await gone.ExitAsync(TimeSpan.FromSeconds(20));
        }

        _watch?.Dispose();
        Directory.Delete(_files, recursive: true);
    }

    /// <summary>The first process of the host; all others end with it.</summary>
    private string First => File.ReadAllText($"/proc/{_holder!.Pid}/task/{_holder.Pid}/children").Trim();

    private string At(int offset)
    {
        string[] parts = _network.Split('.');
        parts[3] = (int.Parse(parts[3], CultureInfo.InvariantCulture) + offset).ToString(CultureInfo.InvariantCulture);
        return string.Join('.', parts);
    }

    private async Task OpenAsync()
    {
        // Whoever kills the test in the middle leaves no host behind: this process waits for its end.
        _watch = DeathWatch.Then("kill -KILL $(ip netns pids \"$1\"); sleep 1; ip netns del \"$1\"; ip link del \"${1}a\"; umount \"$2\"; rmdir \"$2\"", _name, _files);
        await ChildProgram.RunAsync("/bin/sh", "-ec", $"""
            ip netns add {_name}
            ip link add {_name}a type veth peer name {_name}b netns {_name}
            ip addr add {Outside}/30 dev {_name}a
            ip link set {_name}a up
            ip netns exec {_name} ip addr add {Address}/30 dev {_name}b
            ip netns exec {_name} ip link set {_name}b up
            ip netns exec {_name} ip link set lo up
            ip netns exec {_name} ip route add default via {Outside}
            mount -t tmpfs none {_files}
            """);
        StringBuilder mounts = new();
        foreach (string directory in new[] { "etc", "opt", "var" })
        {
            mounts.AppendLine(CultureInfo.InvariantCulture, $"mkdir -p {_files}/{directory}/upper {_files}/{directory}/work");
            mounts.AppendLine(CultureInfo.InvariantCulture, $"mount -t overlay overlay -o lowerdir=/{directory},upperdir={_files}/{directory}/upper,workdir={_files}/{directory}/work /{directory}");
        }

        _holder = ChildProgram.Start(
            "/usr/sbin/ip",
            ["netns", "exec", _name, "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-ec", $"{mounts}\nmount -t tmpfs none /run\necho ready\nwhile :; do sleep 1; done"]);
        await Eventually.HoldsAsync(
            () =>
            {
                Assert.False(_holder.HasExited, _holder.Output);
                return _holder.Output.Contains("ready", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(20));
    }
}
