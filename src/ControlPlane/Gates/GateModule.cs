namespace Orbit.ControlPlane.Gates;

/// <summary>Registers gates.</summary>
internal static class GateModule
{
    public static IServiceCollection AddGates(this IServiceCollection services)
    {
        services.AddSingleton<ItemGateCommands>();
        services.AddSingleton<GateCommands>();
        services.AddHostedService<GatePass>();
        return services;
    }

    public static void MapGates(this WebApplication app) => app.MapGrpcService<GateGrpcService>();
}
