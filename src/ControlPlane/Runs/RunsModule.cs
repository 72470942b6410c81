using Orbit.ControlPlane.Ingest;

namespace Orbit.ControlPlane.Runs;

/// <summary>Registers runs.</summary>
internal static class RunsModule
{
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddSingleton<RunCommands>();
        services.AddSingleton<TriggerCommands>();
        services.AddSingleton<RerunCommands>();
        services.AddSingleton<RunCareCommands>();
        services.AddSingleton<RunWatch>();
        services.AddSingleton<RunLogs>();
        services.AddSingleton<IIngestHandler, AgentEventsIngest>();
        services.AddSingleton<IIngestHandler, WorkAlreadyDoneIngest>();
        services.AddSingleton<IIngestHandler, FileIngest>();
        services.AddHostedService<RunContactPass>();
        return services;
    }

    public static void MapRuns(this WebApplication app) => app.MapGrpcService<RunGrpcService>();
}
