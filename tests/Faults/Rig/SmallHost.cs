using System.Globalization;

namespace Orbit.Faults.Rig;

/// <summary>
/// A place for a program on this machine: a small disk over one directory, in a mount namespace of its own, and where wanted a network
/// namespace whose cable can be pulled. The disk lives as long as this object, whatever becomes of the programs. Needs root.
/// </summary>
internal sealed class SmallHost : IAsyncDisposable
{
    private static int _made;
    private readonly string _disk;
    private readonly string _name = $"orbit-{Guid.NewGuid():N}"[..13];
    private readonly string? _network;
    private ChildProgram? _holder;
    private ChildProgram? _watch;

    private SmallHost(string disk, bool network)
    {
        _disk = Directory.CreateDirectory(disk).FullName;
        _network = network ? string.Create(CultureInfo.InvariantCulture, $"10.232.{Environment.ProcessId % 200}.{4 * (Interlocked.Increment(ref _made) % 60)}") : null;
    }

    /// <summary>Address of this machine as a program there sees it.</summary>
    public string Outside => At(1);

    /// <summary>The words that bring a program there.</summary>
    public IReadOnlyList<string> Place => ["/usr/bin/nsenter", "-t", Holder, "-m", .. _network is null ? Array.Empty<string>() : ["-n"], "--"];

    /// <summary>Makes one.</summary>
    /// <param name="disk">The directory that is a disk of its own there; it is empty.</param>
    /// <param name="megabytes">Size of the disk.</param>
    /// <param name="network">True: a network of its own with one cable to this machine.</param>
    public static async Task<SmallHost> StartAsync(string disk, int megabytes, bool network)
    {
        SmallHost host = new(disk, network);
        try
        {
            await host.OpenAsync(megabytes);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Nothing more can be written to the disk.</summary>
    public Task FillAsync() => RunAsync($"dd if=/dev/zero of='{_disk}/filler' bs=64k 2>/dev/null; dd if=/dev/zero of='{_disk}/filler.rest' bs=1k 2>/dev/null; test -s '{_disk}/filler'");

    /// <summary>There is space again.</summary>
    public Task FreeAsync() => RunAsync($"rm -f '{_disk}/filler' '{_disk}/filler.rest'");

    /// <summary>Pulls the cable out: packets are lost in both directions, and nobody is told.</summary>
    public Task UnplugAsync() => ChildProgram.RunAsync("/usr/sbin/ip", "link", "set", $"{_name}a", "down");

    /// <summary>Puts the cable back.</summary>
    public Task PlugAsync() => ChildProgram.RunAsync("/usr/sbin/ip", "link", "set", $"{_name}a", "up");

    public async ValueTask DisposeAsync()
    {
        _holder?.Dispose();
        if (_network is not null)
        {
            using ChildProgram gone = ChildProgram.Start("/bin/sh", ["-c", $"ip netns del {_name}; ip link del {_name}a 2>/dev/null"]);
            await gone.ExitAsync(TimeSpan.FromSeconds(20));
        }

        _watch?.Dispose();
    }

    private string Holder => _holder!.Pid.ToString(CultureInfo.InvariantCulture);

    private string At(int offset)
    {
        int last = _network!.LastIndexOf('.') + 1;
        return _network[..last] + (int.Parse(_network[last..], CultureInfo.InvariantCulture) + offset).ToString(CultureInfo.InvariantCulture);
    }

    private Task<string> RunAsync(string command) => ChildProgram.RunAsync("/usr/bin/nsenter", "-t", Holder, "-m", "/bin/sh", "-c", command);

    private async Task OpenAsync(int megabytes)
    {
        if (_network is not null)
        {
            _watch = DeathWatch.Then("kill -KILL $(ip netns pids \"$1\"); sleep 1; ip netns del \"$1\"; ip link del \"${1}a\"", _name);
            await ChildProgram.RunAsync("/bin/sh", "-ec", $"""
                ip netns add {_name}
                ip link add {_name}a type veth peer name {_name}b netns {_name}
                ip addr add {Outside}/30 dev {_name}a
                ip link set {_name}a up
                ip netns exec {_name} ip addr add {At(2)}/30 dev {_name}b
                ip netns exec {_name} ip link set {_name}b up
                ip netns exec {_name} ip link set lo up
                """);
        }

        // Ends with the test's process, however that ends; the namespaces end with it and with who else is there.
        string hold = $"mount -t tmpfs -o size={megabytes}m,mode=700 none '{_disk}'\necho ready\nwhile kill -0 {Environment.ProcessId} 2>/dev/null; do sleep 1; done";
        string[] words = [.. _network is null ? Array.Empty<string>() : ["/usr/sbin/ip", "netns", "exec", _name], "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec", hold];
        _holder = ChildProgram.Start(words[0], words[1..]);
        await Eventually.HoldsAsync(
            () =>
            {
                Assert.False(_holder.HasExited, _holder.Output);
                return _holder.Output.Contains("ready", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(20));
    }
}
