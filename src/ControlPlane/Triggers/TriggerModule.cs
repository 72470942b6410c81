namespace Orbit.ControlPlane.Triggers;

/// <summary>Registers trigger rules.</summary>
internal static class TriggerModule
{
    /// <summary>Adds the commands and the pass that lets rules fire.</summary>
    public static IServiceCollection AddTriggers(this IServiceCollection services) =>
        services.AddSingleton<TriggerRuleCommands>().AddSingleton<FiringCommands>().AddHostedService<TriggerPass>();

    /// <summary>Maps the service.</summary>
    public static void MapTriggers(this IEndpointRouteBuilder routes) => routes.MapGrpcService<TriggerRuleGrpcService>();
}
