using Orbit.ControlPlane.Ingest;

namespace Orbit.ControlPlane.Logs;

/// <summary>Registers log storage.</summary>
internal static class LogsModule
{
    public static IServiceCollection AddLogs(this IServiceCollection services)
    {
        services.AddSingleton<LogReader>();
        services.AddSingleton<IIngestHandler, LogIngest>();
        return services;
    }
}
