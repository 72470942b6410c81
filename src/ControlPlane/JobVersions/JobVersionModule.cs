namespace Orbit.ControlPlane.JobVersions;

/// <summary>Registers selections.</summary>
internal static class JobVersionModule
{
    /// <summary>Adds commands and the pass that follows newest builds.</summary>
    public static IServiceCollection AddJobVersions(this IServiceCollection services) =>
        services.AddSingleton<JobVersionCommands>().AddHostedService<JobVersionSyncPass>();

    /// <summary>Maps the service.</summary>
    public static void MapJobVersions(this IEndpointRouteBuilder routes) => routes.MapGrpcService<JobVersionGrpcService>();
}
