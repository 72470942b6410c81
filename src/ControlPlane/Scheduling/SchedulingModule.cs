using Orbit.ControlPlane.Ingest;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>Registers the queue and its dispatcher.</summary>
internal static class SchedulingModule
{
    public static IServiceCollection AddScheduling(this IServiceCollection services)
    {
        services.AddSingleton<Placer>();
        services.AddHostedService<Dispatcher>();
        services.AddSingleton<IIngestHandler, NoopSubmitIngest>();
        services.AddSingleton<IIngestHandler, AcceptIngest>();
        services.AddSingleton<IIngestHandler, DeclineIngest>();
        services.AddSingleton<IIngestHandler, NoopEndIngest>();
        return services;
    }

    public static void MapScheduling(this WebApplication app) => app.MapGrpcService<DiagnosticsGrpcService>();
}
