using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Backup;
using Orbit.ControlPlane.Bookings;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Doctor;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Fleet;
using Orbit.ControlPlane.Gates;
using Orbit.ControlPlane.Gateway;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Install;
using Orbit.ControlPlane.Inventory;
using Orbit.ControlPlane.JobVersions;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Notifications;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Retention;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Telemetry;
using Orbit.ControlPlane.TestItems;
using Orbit.ControlPlane.Triggers;
using Orbit.ControlPlane.Trust;
using Orbit.ControlPlane.Upgrades;
using Orbit.ControlPlane.Watch;
using Orbit.ControlPlane.WebUi;

namespace Orbit.ControlPlane;

/// <summary>Puts the server together. Program and tests use the same method, so that a test's server is the product.</summary>
public static class ControlPlaneHost
{
    /// <summary>Builds the server without starting it.</summary>
    /// <param name="args">Command line, <c>--Section:Key=value</c>.</param>
    /// <param name="adjust">What a test changes before the build; null for none.</param>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? adjust = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("ORBIT__");
        builder.Configuration.AddCommandLine(args);
        adjust?.Invoke(builder);
        var endpoints = new NamedEndpoints();
        builder.Services.AddSingleton(endpoints);
        builder.WebHost.ConfigureKestrel(ConfigureLimits);
        builder.WebHost.ConfigureKestrel(endpoints.Watch);
        AddParts(builder);
        WebApplication app = builder.Build();
        Map(app);
        return app;
    }

    /// <summary>Runs the server until it is told to stop. A wrong setting ends it with one line and code 2.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using WebApplication app = Create(args);
            await StartAsync(app);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (OptionsValidationException wrong)
        {
            foreach (string failure in wrong.Failures)
            {
                await Console.Error.WriteLineAsync($"orbit-control-plane: {failure}");
            }

            return 2;
        }
    }

    /// <summary>Migrates the database, makes ready what must be, then opens the ports.</summary>
    public static async Task StartAsync(WebApplication app)
    {
        app.Services.GetRequiredService<IOptions<StorageOptions>>();
        await app.Services.GetRequiredService<Migrator>().MigrateAsync(app.Lifetime.ApplicationStopping);
        foreach (IBeforeStart duty in app.Services.GetServices<IBeforeStart>())
        {
            await duty.PrepareAsync(app, app.Lifetime.ApplicationStopping);
        }

        await app.StartAsync();
        NamedEndpoints endpoints = app.Services.GetRequiredService<NamedEndpoints>();
        if ((endpoints.AddressOf(NamedEndpoints.Tls) ?? endpoints.AddressOf(NamedEndpoints.Http)) is { } address)
        {
            app.Services.GetRequiredService<PublicUrl>().Listening(address.ToString());
        }
    }

    private static void AddParts(WebApplicationBuilder builder)
    {
        builder.Services.AddPlatform();
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddAudit();
        builder.Services.AddAccess();
        builder.Services.AddTrust();
        builder.Services.AddSettings();
        builder.Services.AddIngest();
        builder.Services.AddAgents();
        builder.Services.AddBookings();
        builder.Services.AddScheduling();
        builder.Services.AddLogs();
        builder.Services.AddBuilds();
        builder.Services.AddJobVersions();
        builder.Services.AddParameterSets();
        builder.Services.AddTestItems();
        builder.Services.AddRuns();
        builder.Services.AddTriggers();
        builder.Services.AddApiTests();
        builder.Services.AddGates();
        builder.Services.AddCare();
        builder.Services.AddFleet();
        builder.Services.AddInstall();
        builder.Services.AddUpgrades();
        builder.Services.AddInventory();
        builder.Services.AddGateway();
        builder.Services.AddFeed();
        builder.Services.AddNotifications();
        builder.Services.AddRetention();
        builder.Services.AddReports(builder.Configuration);
        builder.Services.AddTelemetry();
        builder.Services.AddDoctor();
        builder.Services.AddBackup();
        builder.Services.AddWebUi();
    }

    private static void Map(WebApplication app)
    {
        app.UsePlatform();
        app.MapPlatform();
        app.MapAudit();
        app.MapAccess();
        app.MapTrust();
        app.MapSettings();
        app.MapBookings();
        app.MapScheduling();
        app.MapRuns();
        app.MapFleet();
        app.MapInstall();
        app.MapUpgrades();
        app.MapInventory();
        app.MapGateway();
        app.MapWatch();
        app.MapBuilds();
        app.MapJobVersions();
        app.MapParameterSets();
        app.MapTestItems();
        app.MapTriggers();
        app.MapNotifications();
        app.MapApiTests();
        app.MapGates();
        app.MapReports();
        app.MapTelemetry();
        app.MapDoctor();
        app.MapBackup();
        app.MapWebUi();
    }

    private static void ConfigureLimits(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000; // one connection may carry a crowd of callers
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinRequestBodyDataRate = null; // agents' streams are idle for long
    }
}
