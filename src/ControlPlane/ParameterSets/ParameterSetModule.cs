using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Registers parameter sets.</summary>
internal static class ParameterSetModule
{
    /// <summary>Adds commands and the seed of the default set.</summary>
    public static IServiceCollection AddParameterSets(this IServiceCollection services) =>
        services.AddSingleton<ParameterSecrets>().AddSingleton<ParameterSetCommands>().AddSingleton<IBeforeStart, DefaultSetSeed>();

    /// <summary>Maps the service.</summary>
    public static void MapParameterSets(this IEndpointRouteBuilder routes) => routes.MapGrpcService<ParameterSetGrpcService>();
}
