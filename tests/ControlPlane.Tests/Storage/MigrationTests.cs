using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

/// <summary>Migrations at start: once for all who start together, and never in the way of the next after a kill.</summary>
public sealed class MigrationTests
{
    private const int Migrating = 1201;

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Those_who_start_together_migrate_once(string provider)
    {
        await using EmptyDatabase database = await EmptyDatabase.CreateAsync(provider);
        await using var first = new StoreApp(database.Args);
        await using var second = new StoreApp(database.Args);
        await using var third = new StoreApp(database.Args);

        await Task.WhenAll(Task.Run(first.MigrateAsync), Task.Run(second.MigrateAsync), Task.Run(third.MigrateAsync));

        Assert.Single(first.Log.All.Concat(second.Log.All).Concat(third.Log.All), line => line.Id == Migrating);
        Assert.NotEmpty(await third.TextsAsync("SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\""));
    }

    /// <summary>A real server dies at some point of its first start; the next starts, however far the first came.</summary>
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_server_killed_while_it_migrates_does_not_block_the_next(string provider)
    {
        foreach (int pause in new[] { 0, 60, 200 })
        {
            await using EmptyDatabase database = await EmptyDatabase.CreateAsync(provider);
            await KillWhileMigratingAsync(database, pause);
            await using var next = new StoreApp(database.Args);

            await next.MigrateAsync();

            Assert.Equal(["0"], await next.TextsAsync("SELECT CAST(count(*) AS text) FROM runs"));
            await next.MigrateAsync();
        }
    }

    /// <summary>EF Core keeps its lock on SQLite in a row; one that nobody will ever remove must not be waited for.</summary>
    [Fact]
    public async Task A_lock_row_that_a_dead_process_left_is_removed()
    {
        await using EmptyDatabase database = await EmptyDatabase.CreateAsync(Databases.Sqlite);
        await using (var connection = new SqliteConnection($"Data Source={database.File};Pooling=False"))
        {
            await connection.OpenAsync();
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01 00:00:00');
                CREATE TABLE "__EFMigrationsHistory" ("MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY, "ProductVersion" TEXT NOT NULL);
                """;
            await command.ExecuteNonQueryAsync();
        }

        await using var app = new StoreApp(database.Args);
        await app.MigrateAsync();

        Assert.Equal(["0"], await app.TextsAsync("SELECT CAST(count(*) AS text) FROM runs"));
        Assert.Empty(await app.TextsAsync("SELECT \"Timestamp\" FROM \"__EFMigrationsLock\""));
    }

    [Fact]
    public async Task The_lock_of_a_process_that_died_holding_it_is_free()
    {
        await using EmptyDatabase database = await EmptyDatabase.CreateAsync(Databases.Postgres);
        await using var holder = new StoreApp(database.Args);
        await using var app = new StoreApp(database.Args);
        PostgresServer server = await PostgresServer.GetAsync();
        IAsyncDisposable held = await holder.MigrationLock.TakeAsync(CancellationToken.None);
        Task migrating = app.MigrateAsync();
        await Eventually.HoldsAsync(async () => (await WaitingAsync(server, database)) == 1);
        Assert.False(migrating.IsCompleted);

        // What the server does when the holder's process is gone.
        await server.RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = '{NameOf(database)}')");

        await migrating;
        Assert.Equal(["0"], await app.TextsAsync("SELECT CAST(count(*) AS text) FROM runs"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await held.DisposeAsync());
    }

    private static async Task KillWhileMigratingAsync(EmptyDatabase database, int pauseInMilliseconds)
    {
        using Process server = Process.Start(new ProcessStartInfo("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "orbit-control-plane.dll"), .. database.Args, "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", $"--Keys:Master={OrbitServer.MasterKey}", "--Logging:LogLevel:Orbit=Information",
        ])
        { RedirectStandardOutput = true })!;
        string? line;
        do
        {
            line = await server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
            Assert.NotNull(line);
        }
        while (!line.Contains("Applying", StringComparison.Ordinal));

        await Task.Delay(pauseInMilliseconds); // another point of the same work each time
        server.Kill();
        await server.WaitForExitAsync();
    }

    private static async Task<long> WaitingAsync(PostgresServer server, EmptyDatabase database)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = $1)", connection) { Parameters = { new() { Value = NameOf(database) } } };
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string NameOf(EmptyDatabase database) =>
        new NpgsqlConnectionStringBuilder(database.Args.Single(arg => arg.StartsWith("--ConnectionStrings", StringComparison.Ordinal)).Split('=', 2)[1]).Database!;
}
