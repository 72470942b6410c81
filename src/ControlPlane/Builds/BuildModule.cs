using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;

namespace Orbit.ControlPlane.Builds;

/// <summary>Registers builds.</summary>
internal static class BuildModule
{
    /// <summary>Adds the commands, and the reader of the webhook's own JSON.</summary>
    public static IServiceCollection AddBuilds(this IServiceCollection services)
    {
        services.AddOptions<RestOptions>().Configure(rest => rest.ReadBody(WebhookBodyMapping.Method, WebhookBodyMapping.Read));
        return services.AddSingleton<BuildCommands>().AddSingleton<BuildJudgementCommands>().AddSingleton<IntakeLimit>().AddSingleton<IBeforeStart, BuildSearchIndex>();
    }

    /// <summary>Maps the service.</summary>
    public static void MapBuilds(this IEndpointRouteBuilder routes) => routes.MapGrpcService<BuildGrpcService>();
}
