using System.Diagnostics;

namespace Orbit.Tests.Support;

/// <summary>A PostgreSQL server that one test may stop and start.</summary>
public sealed class OwnPostgres : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-ownpg-").FullName;
    private readonly string _bin = Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Max()!;

    private IReadOnlyList<string> _place = [];

    private OwnPostgres(int port) => Port = port;

    /// <summary>Where it listens on the loopback interface; 0: on its socket alone.</summary>
    public int Port { get; }

    /// <summary>Connection string over its socket.</summary>
    public string ConnectionString => $"Host={_directory};{(Port == 0 ? "" : $"Port={Port};")}Username=postgres;Database=postgres";

    /// <summary>Makes one and starts it.</summary>
    /// <param name="port">A free port; 0: none, and it forgets everything when the machine fails.</param>
    /// <param name="house">Makes the given empty directory, where its data will lie, a place of its own; returns the words that bring a program there.</param>
    public static async Task<OwnPostgres> StartAsync(int port = 0, Func<string, Task<IReadOnlyList<string>>>? house = null)
    {
        var postgres = new OwnPostgres(port);
        string disk = Directory.CreateDirectory(Path.Combine(postgres._directory, "disk")).FullName;
        postgres._place = house is null ? [] : await house(disk);
        if (Environment.UserName == "root")
        {
            await postgres.RunAsync("chown", "postgres:postgres", postgres._directory, disk); // initdb refuses root
        }

        await postgres.RunAsPostgresAsync("initdb", "-D", postgres.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1");
        await postgres.RestartAsync();
        return postgres;
    }

    /// <summary>Starts it again on what it kept.</summary>
    public Task RestartAsync() =>
        RunAsPostgresAsync("pg_ctl", "-D", Data, "-l", Path.Combine(_directory, "log"), "-w", "-o", $"-k {_directory} {(Port == 0 ? "-c listen_addresses= -c fsync=off" : $"-c listen_addresses=127.0.0.1 -c port={Port} -c max_connections=200")} -c shared_buffers=16MB -c min_wal_size=16MB -c max_wal_size=64MB", "start");

    /// <summary>Ends it as a power cut would: connections break, nothing is said.</summary>
    public Task StopAsync() => RunAsPostgresAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>True when it takes connections.</summary>
    public Task<bool> AnswersAsync() => SucceedsAsync("pg_isready", "-q", "-h", _directory, "-p", Port == 0 ? "5432" : $"{Port}");

    /// <summary>Numbers of its processes at this moment.</summary>
    public async Task<IReadOnlyList<string>> ProcessesAsync()
    {
        string listed = Path.Combine(_directory, "processes");
        await RunAsync("/bin/sh", "-ec", $"first=$(head -n 1 '{Data}/postmaster.pid'); {{ echo $first; ps -o pid= --ppid $first; }} >'{listed}'");
        return (await File.ReadAllTextAsync(listed)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>True when its first process lives.</summary>
    public Task<bool> LivesAsync() => SucceedsAsync("pg_ctl", "-D", Data, "status");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (await LivesAsync())
        {
            await StopAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "disk", "db");

    private Task RunAsPostgresAsync(string program, params string[] args) =>
        Environment.UserName == "root"
            ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", Path.Combine(_bin, program), .. args])
            : RunAsync(Path.Combine(_bin, program), args);

    private async Task<bool> SucceedsAsync(string program, params string[] args)
    {
        try
        {
            await RunAsPostgresAsync(program, args);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private async Task RunAsync(string program, params string[] args)
    {
        string[] whole = [.. _place, program, .. args];
        // Output goes nowhere rather than into a pipe: the server would keep it open.
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >\"$0/output\" 2>&1 </dev/null", _directory, .. whole]) { WorkingDirectory = _directory })!;
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', whole)}: {await File.ReadAllTextAsync(Path.Combine(_directory, "output"))}");
        }
    }
}
