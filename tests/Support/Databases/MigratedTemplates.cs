using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.ControlPlane;
using Orbit.ControlPlane.Storage;

namespace Orbit.Tests.Support;

/// <summary>One migrated database of each kind, made once a process by the product itself; tests get copies, which takes milliseconds.</summary>
internal static class MigratedTemplates
{
    private static readonly Lazy<Task<string>> SqliteFile = new(() => Task.Run(MakeSqliteAsync));
    private static readonly Lazy<Task<string>> PostgresName = new(() => Task.Run(MakePostgresAsync));

    /// <summary>Path of a migrated SQLite file without a log beside it.</summary>
    public static Task<string> SqliteAsync() => SqliteFile.Value;

    /// <summary>Name of a migrated PostgreSQL database that nobody is connected to.</summary>
    public static Task<string> PostgresAsync() => PostgresName.Value;

    private static async Task<string> MakeSqliteAsync()
    {
        string directory = Directory.CreateTempSubdirectory("orbit-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        await MigrateAsync(directory, [$"--Database:Provider={Databases.Sqlite}"]);
        string whole = Path.Combine(directory, "template.db");
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "orbit.db")};Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand copy = connection.CreateCommand();
        copy.CommandText = "VACUUM INTO $to";
        copy.Parameters.AddWithValue("$to", whole);
        await copy.ExecuteNonQueryAsync();
        return whole;
    }

    private static async Task<string> MakePostgresAsync()
    {
        PostgresServer server = await PostgresServer.GetAsync();
        string name = $"orbit_template_{Guid.NewGuid():N}";
        await server.RunAsync($"CREATE DATABASE {name}");
        string directory = Directory.CreateTempSubdirectory("orbit-template-").FullName;
        try
        {
            await MigrateAsync(directory, [$"--Database:Provider={Databases.Postgres}", $"--ConnectionStrings:Orbit={server.For(name)};Pooling=false"]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return name;
    }

    private static async Task MigrateAsync(string dataDirectory, string[] args)
    {
        await using WebApplication app = ControlPlaneHost.Create(
            [.. args, $"--DataDirectory={dataDirectory}"], builder => builder.Logging.ClearProviders());
        await app.Services.GetRequiredService<Migrator>().MigrateAsync(CancellationToken.None);
    }
}
