using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

/// <summary>The product put together on a database and not started: its store, its migrations, no ports.</summary>
internal sealed class StoreApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    public StoreApp(params string[] args) =>
        _app = ControlPlaneHost.Create(args, builder => builder.Logging.ClearProviders().AddProvider(Log));

    public LogLines Log { get; } = new();

    public OrbitStore Store => _app.Services.GetRequiredService<OrbitStore>();

    public Signals Signals => _app.Services.GetRequiredService<Signals>();

    public IMigrationLock MigrationLock => _app.Services.GetRequiredService<IMigrationLock>();

    public Task MigrateAsync() => _app.Services.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));

    public OrbitDbContext NewContext() => _app.Services.GetRequiredService<IDbContextFactory<OrbitDbContext>>().CreateDbContext();

    /// <summary>First column of a query as text.</summary>
    public Task<List<string>> TextsAsync(string query) =>
        Store.ReadAsync((database, ct) => database.QueryAsync(query, [], static row => row.Text(0), ct), CancellationToken.None);

    /// <summary>Runs a statement.</summary>
    public Task RunAsync(string statement, params object?[] values) =>
        Store.WriteAsync((database, ct) => database.RunAsync(statement, values, ct), CancellationToken.None);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>A database with nothing in it, not even tables.</summary>
internal sealed class EmptyDatabase : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-empty-").FullName;
    private readonly string? _name;
    private readonly string[] _connection;

    private EmptyDatabase(string provider, string? name, string? connectionString)
    {
        _name = name;
        _connection = connectionString is null ? [] : [$"--ConnectionStrings:Orbit={connectionString}"];
        Args = [$"--Database:Provider={provider}", $"--DataDirectory={_directory}", .. _connection];
    }

    /// <summary>Command line of a server on it.</summary>
    public string[] Args { get; }

    /// <summary>The SQLite file.</summary>
    public string File => Path.Combine(_directory, "orbit.db");

    public static async Task<EmptyDatabase> CreateAsync(string provider)
    {
        if (provider == Databases.Sqlite)
        {
            return new EmptyDatabase(provider, name: null, connectionString: null);
        }

        PostgresServer server = await PostgresServer.GetAsync();
        string name = $"orbit_empty_{Guid.NewGuid():N}";
        await server.RunAsync($"CREATE DATABASE {name}");
        return new EmptyDatabase(provider, name, server.For(name) + ";Pooling=false");
    }

    public async ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_name is not null)
        {
            await (await PostgresServer.GetAsync()).RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        }

        Directory.Delete(_directory, recursive: true);
    }
}
