namespace Orbit.ControlPlane.Builds;

/// <summary>Registers builds.</summary>
internal static class BuildModule
{
    /// <summary>Adds the commands.</summary>
    public static IServiceCollection AddBuilds(this IServiceCollection services) => services.AddSingleton<BuildCommands>();

    /// <summary>Maps the service.</summary>
    public static void MapBuilds(this IEndpointRouteBuilder routes) => routes.MapGrpcService<BuildGrpcService>();
}
