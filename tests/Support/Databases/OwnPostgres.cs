using System.Diagnostics;

namespace Orbit.Tests.Support;

/// <summary>A PostgreSQL server that one test may stop and start.</summary>
public sealed class OwnPostgres : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-ownpg-").FullName;
    private readonly string _bin = Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Max()!;

    private OwnPostgres(int port) => Port = port;

    /// <summary>Where it listens on the loopback interface; 0: on its socket alone.</summary>
    public int Port { get; }

    /// <summary>Connection string over its socket.</summary>
    public string ConnectionString => $"Host={_directory};{(Port == 0 ? "" : $"Port={Port};")}Username=postgres;Database=postgres";

    /// <summary>Makes one and starts it.</summary>
    /// <param name="port">A free port; 0: none, and it forgets everything when the machine fails.</param>
    public static async Task<OwnPostgres> StartAsync(int port = 0)
    {
        var postgres = new OwnPostgres(port);
        if (Environment.UserName == "root")
        {
            await postgres.RunAsync("chown", "postgres:postgres", postgres._directory); // initdb refuses root
        }

        await postgres.RunAsPostgresAsync("initdb", "-D", postgres.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        await postgres.RestartAsync();
        return postgres;
    }

    /// <summary>Starts it again on what it kept.</summary>
    public Task RestartAsync() =>
        RunAsPostgresAsync("pg_ctl", "-D", Data, "-l", Path.Combine(_directory, "log"), "-w", "-o", $"-k {_directory} {(Port == 0 ? "-c listen_addresses= -c fsync=off" : $"-c listen_addresses=127.0.0.1 -c port={Port} -c max_connections=200")} -c shared_buffers=16MB", "start");

    /// <summary>Ends it as a power cut would: connections break, nothing is said.</summary>
    public Task StopAsync() => RunAsPostgresAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await StopAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private string Data => Path.Combine(_directory, "db");

    private Task RunAsPostgresAsync(string program, params string[] args) =>
        Environment.UserName == "root"
            ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", Path.Combine(_bin, program), .. args])
            : RunAsync(Path.Combine(_bin, program), args);

    private async Task RunAsync(string program, params string[] args)
    {
        // Output goes nowhere rather than into a pipe: the server would keep it open.
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >\"$0/output\" 2>&1 </dev/null", _directory, program, .. args]) { WorkingDirectory = _directory })!;
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', args)}: {await File.ReadAllTextAsync(Path.Combine(_directory, "output"))}");
        }
    }
}
