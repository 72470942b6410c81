using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Options;
using Npgsql;
using Orbit.ControlPlane.Storage.Backups;

namespace Orbit.ControlPlane.Storage;

/// <summary>Registers the database.</summary>
internal static class StorageModule
{
    /// <summary>Adds contexts, store, migrations and the pass that keeps partitions ahead of time.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton(MakeDataDirectory(configuration));
        StorageOptions options = configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new();
        if (options.IsPostgres)
        {
            services.AddPostgres(configuration, options);
        }
        else
        {
            services.AddSqlite(options);
        }

        services.AddSingleton<OrbitStore>();
        services.AddSingleton<Migrator>();
        return services;
    }

    private static void AddSqlite(this IServiceCollection services, StorageOptions options)
    {
        services.AddPooledDbContextFactory<SqliteOrbitDbContext>((provider, builder) =>
        {
            string file = provider.GetRequiredService<DataDirectory>().At("orbit.db");
            Use(builder, file, options);
        });
        services.AddSingleton<IDbContextFactory<OrbitDbContext>, SqliteContexts>();
        services.AddSingleton<IMigrationLock, SqliteMigrationLock>();
        services.AddSingleton<IDatabaseCopy, SqliteCopy>();
    }

    /// <summary>Options of a context on a SQLite file.</summary>
    public static void Use(DbContextOptionsBuilder builder, string file, StorageOptions options) =>
        builder
            .UseSqlite($"Data Source={file};Pooling=True", sqlite => sqlite.CommandTimeout((int)options.CommandTimeout.TotalSeconds))
            .AddInterceptors(new SqliteConnectionSetup())
            .ConfigureWarnings(QuietAboutRefusals);

    private static void AddPostgres(this IServiceCollection services, IConfiguration configuration, StorageOptions options)
    {
        string? given = configuration.GetConnectionString("Orbit");
        if (string.IsNullOrWhiteSpace(given))
        {
            throw new OptionsValidationException("ConnectionStrings", typeof(StorageOptions), ["ConnectionStrings:Orbit is not set; with Database:Provider 'postgres' it must be, e.g. 'Host=db;Database=orbit;Username=orbit;Password=…'."]);
        }

        services.AddSingleton(_ => DataSource(given, options));
        services.AddPooledDbContextFactory<PostgresOrbitDbContext>(UseRegisteredPostgres);
        services.AddSingleton<IDbContextFactory<OrbitDbContext>, PostgresContexts>();
        services.AddSingleton<IMigrationLock, PostgresMigrationLock>();
        services.AddSingleton<IDatabaseCopy, PostgresCopy>();
        services.AddHostedService<PostgresWakeUps>();
        services.AddHostedService<PartitionPass>();
    }

    /// <summary>
    /// Options of a context on PostgreSQL that takes its connections from the data source among the application's services. EF keeps a model
    /// and compiled queries for each data source that it is handed; found this way, servers in one process share them.
    /// </summary>
    public static void UseRegisteredPostgres(DbContextOptionsBuilder builder) =>
        builder
            .UseNpgsql()
            .ReplaceService<IMigrationsSqlGenerator, PartitioningSqlGenerator>()
            .ConfigureWarnings(QuietAboutRefusals);

    /// <summary>
    /// A save that a unique key or a reference refuses is an answer to a caller and no error of ours; one that is not understood is logged where
    /// it becomes an answer.
    /// </summary>
    private static void QuietAboutRefusals(WarningsConfigurationBuilder warnings) =>
        warnings.Log((CoreEventId.SaveChangesFailed, LogLevel.Debug));

    /// <summary>The connections: statements are prepared by themselves, a dead peer is noticed.</summary>
    public static NpgsqlDataSource DataSource(string connectionString, StorageOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            CommandTimeout = (int)options.CommandTimeout.TotalSeconds,
            Timezone = "UTC",
            ApplicationName = "orbit",
            NoResetOnClose = true, // no session state is left behind: locks are given back, the listener has its connection for good
        };
        settings.Timeout = settings.ContainsKey("Timeout") ? settings.Timeout : 5;
        settings.KeepAlive = settings.KeepAlive == 0 ? 15 : settings.KeepAlive;
        return NpgsqlDataSource.Create(settings);
    }

    private static DataDirectory MakeDataDirectory(IConfiguration configuration)
    {
        string path = Path.GetFullPath(configuration["DataDirectory"] ?? "data");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new DataDirectory(path);
    }

    private sealed class SqliteContexts(IDbContextFactory<SqliteOrbitDbContext> contexts) : IDbContextFactory<OrbitDbContext>
    {
        public OrbitDbContext CreateDbContext() => contexts.CreateDbContext();
    }

    private sealed class PostgresContexts(IDbContextFactory<PostgresOrbitDbContext> contexts) : IDbContextFactory<OrbitDbContext>
    {
        public OrbitDbContext CreateDbContext() => contexts.CreateDbContext();
    }
}
