using System.Diagnostics;
using Npgsql;

namespace Orbit.Benchmarks.Rig;

/// <summary>
/// A PostgreSQL server of the benchmark's own from Debian's binaries, with the durability of a fresh installation (fsync, synchronous_commit and
/// full_page_writes on). It ends with this process, however that ends.
/// </summary>
internal sealed class PostgresInstance : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    // Reads from its input until that closes, which the kernel does when the benchmark is gone. initdb refuses root.
    private const string Script = """
        set -u
        bin=$1; dir=$2; as=
        exec >"$dir/postgres.log" 2>&1
        if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir"; as='setpriv --reuid=postgres --regid=postgres --init-groups --'; fi
        cd "$dir"
        $as "$bin/initdb" -D "$dir/db" -U postgres -A trust -E UTF8 --locale=C --no-sync || exit 1
        $as "$bin/postgres" -D "$dir/db" -k "$dir" -c listen_addresses= -c max_connections=200 &
        pid=$!
        read -r _
        kill -INT $pid
        wait $pid
        cd /
        rm -rf "$dir"
        """;

    private readonly Process _process;
    private readonly string _directory;

    private PostgresInstance(Process process, string directory) => (_process, _directory) = (process, directory);

    /// <summary>Connection string of the superuser.</summary>
    public string ConnectionString => $"Host={_directory};Username=postgres;Database=postgres";

    /// <summary>Time on processors so far, of all its processes.</summary>
    public TimeSpan ProcessorTime()
    {
        string first = File.ReadLines(Path.Combine(_directory, "db", "postmaster.pid")).First();
        return ProcessTimes.OfFamily(int.Parse(first, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Starts a server in a directory of its own.</summary>
    public static async Task<PostgresInstance> StartAsync(Scratch scratch)
    {
        string binaries = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Max() ?? ""
            : "";
        if (binaries.Length == 0)
        {
            throw new InvalidOperationException("PostgreSQL is missing: apt-get install postgresql");
        }

        string directory = Directory.CreateTempSubdirectory("orbit-bench-pg-").FullName;
        Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "orbit-bench-postgres", binaries, directory]) { RedirectStandardInput = true })!;
        PostgresInstance instance = scratch.Own(new PostgresInstance(process, directory));
        await instance.WaitUntilReadyAsync();
        return instance;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString);
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException notYet)
            {
                string log = Path.Combine(_directory, "postgres.log");
                if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
                {
                    throw new InvalidOperationException($"PostgreSQL did not start: {(File.Exists(log) ? await File.ReadAllTextAsync(log) : "no log")}", notYet);
                }

                await Task.Delay(100);
            }
        }
    }
}
