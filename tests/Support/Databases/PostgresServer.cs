using System.Diagnostics;
using Npgsql;

namespace Orbit.Tests.Support;

/// <summary>
/// The PostgreSQL server of this test process: the one that ORBIT_TEST_POSTGRES names (a connection string of a superuser), else one of its
/// own from Debian's binaries, which ends with the process however that ends.
/// </summary>
internal sealed class PostgresServer
{
    private const string GivenBy = "ORBIT_TEST_POSTGRES";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task<PostgresServer>> TheOne = new(() => Task.Run(StartAsync));

    // Reads from its input until that closes, which the kernel does when the test process is gone. initdb refuses root.
    private const string Script = """
        set -u
        bin=$1; dir=$2; as=
        exec >"$dir/postgres.log" 2>&1
        if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir"; as='setpriv --reuid=postgres --regid=postgres --init-groups --'; fi
        cd "$dir"
        $as "$bin/initdb" -D "$dir/db" -U postgres -A trust -E UTF8 --locale=C --no-sync || exit 1
        $as "$bin/postgres" -D "$dir/db" -k "$dir" -c listen_addresses= -c max_connections=500 -c shared_buffers=128MB \
          -c fsync=off -c full_page_writes=off -c autovacuum_naptime=10s &
        pid=$!
        read -r _
        kill -INT $pid
        wait $pid
        cd /
        rm -rf "$dir"
        """;

    private readonly Process? _process; // kept, because its input must stay open
    private readonly NpgsqlDataSource _superuser;

    private PostgresServer(string connectionString, Process? process)
    {
        (ConnectionString, _process) = (connectionString, process);
        // A new connection costs the server a process: statements of all tests go over a few.
        _superuser = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = true, MaxPoolSize = 4, Timeout = 120 });
    }

    /// <summary>Connects as superuser to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>The server, started at the first call.</summary>
    public static Task<PostgresServer> GetAsync() => TheOne.Value;

    /// <summary>Connection string of one of its databases.</summary>
    public string For(string database) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database, MaxPoolSize = 30 }.ConnectionString;

    /// <summary>Runs a statement as superuser.</summary>
    public async Task RunAsync(string statement)
    {
        await using NpgsqlCommand command = _superuser.CreateCommand(statement);
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<PostgresServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable(GivenBy) is { Length: > 0 } given)
        {
            return new PostgresServer(given, process: null);
        }

        string directory = Directory.CreateTempSubdirectory("orbit-pg-").FullName;
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "orbit-test-postgres", FindBinaries(), directory]) { RedirectStandardInput = true };
        Process process = Process.Start(start)!;
        var server = new PostgresServer($"Host={directory};Username=postgres;Database=postgres;Pooling=false", process);
        await server.WaitUntilReadyAsync(Path.Combine(directory, "postgres.log"));
        return server;
    }

    private async Task WaitUntilReadyAsync(string log)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await RunAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException notYet)
            {
                if (_process!.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
                {
                    string said = File.Exists(log) ? await File.ReadAllTextAsync(log) : "(no log)";
                    throw new InvalidOperationException($"PostgreSQL did not start: {said}", notYet);
                }

                await Task.Delay(50);
            }
        }
    }

    private static string FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
        && Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Max() is { } newest
            ? newest
            : throw new InvalidOperationException($"PostgreSQL is missing: apt-get install postgresql, or name a server in {GivenBy}.");
}
