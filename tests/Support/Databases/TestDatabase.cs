using Microsoft.Data.Sqlite;
using Npgsql;

namespace Orbit.Tests.Support;

/// <summary>
/// A migrated database of a test's own. Servers on it are started with <see cref="OrbitServer.StartAsync(TestDatabase, string[])"/>; on
/// PostgreSQL several at a time, as replicas.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string? _name;
    private int _replicas;

    private TestDatabase(string provider, string directory, string? name, string? connectionString) =>
        (Provider, _directory, _name, ConnectionString) = (provider, directory, name, connectionString);

    /// <summary><c>sqlite</c> or <c>postgres</c>.</summary>
    public string Provider { get; }

    /// <summary>Connection string on PostgreSQL; null on SQLite.</summary>
    public string? ConnectionString { get; }

    /// <summary>True on SQLite.</summary>
    public bool IsEmbedded => ConnectionString is null;

    /// <summary>The file of a server on SQLite.</summary>
    public string SqliteFile => Path.Combine(_directory, "data-1", "orbit.db");

    /// <summary>Makes a database.</summary>
    public static async Task<TestDatabase> CreateAsync(string provider)
    {
        string directory = Directory.CreateTempSubdirectory("orbit-test-").FullName;
        if (provider == Databases.Sqlite)
        {
            string data = Directory.CreateDirectory(Path.Combine(directory, "data-1")).FullName;
            File.Copy(await MigratedTemplates.SqliteAsync(), Path.Combine(data, "orbit.db"));
            return new TestDatabase(provider, directory, name: null, connectionString: null);
        }

        PostgresServer server = await PostgresServer.GetAsync();
        string name = $"orbit_test_{Guid.NewGuid():N}";
        await server.RunAsync($"CREATE DATABASE {name} TEMPLATE {await MigratedTemplates.PostgresAsync()}");
        return new TestDatabase(provider, directory, name, server.For(name));
    }

    /// <summary>A place without any installation: an empty directory, or an empty database.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(string provider)
    {
        string directory = Directory.CreateTempSubdirectory("orbit-test-").FullName;
        if (provider == Databases.Sqlite)
        {
            return new TestDatabase(provider, directory, name: null, connectionString: null);
        }

        PostgresServer server = await PostgresServer.GetAsync();
        string name = $"orbit_test_{Guid.NewGuid():N}";
        await server.RunAsync($"CREATE DATABASE {name}");
        return new TestDatabase(provider, directory, name, server.For(name));
    }

    /// <summary>A PostgreSQL database that is there already and outlives this object.</summary>
    public static TestDatabase On(string connectionString) =>
        new(Databases.Postgres, Directory.CreateTempSubdirectory("orbit-test-").FullName, name: null, connectionString);

    /// <summary>
    /// Command line of a server on this database. On PostgreSQL each call is another replica with a data directory of its own; on SQLite every
    /// call names the same one, for a server that is started again.
    /// </summary>
    public string[] NextArgs()
    {
        string data = Path.Combine(_directory, $"data-{(IsEmbedded ? 1 : Interlocked.Increment(ref _replicas))}");
        string[] args = [$"--Database:Provider={Provider}", $"--DataDirectory={data}"];
        return IsEmbedded ? args : [.. args, $"--ConnectionStrings:Orbit={ConnectionString}"];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_name is null)
        {
            // Only connections that nobody uses are closed; other tests get theirs anew.
            SqliteConnection.ClearAllPools();
        }
        else
        {
            await using (var pool = new NpgsqlConnection(ConnectionString))
            {
                NpgsqlConnection.ClearPool(pool);
            }

            await (await PostgresServer.GetAsync()).RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        }

        Directory.Delete(_directory, recursive: true);
    }
}
