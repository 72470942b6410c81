namespace Orbit.ControlPlane.Ingest;

/// <summary>Registers the writer. Handlers are registered by the slices whose tables they write.</summary>
internal static class IngestModule
{
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddSingleton<IngestMeter>();
        services.AddSingleton<IngestWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<IngestWriter>());
        return services;
    }
}
