namespace Orbit.ControlPlane.Upgrades;

/// <summary>Registers upgrades of agents.</summary>
internal static class UpgradesModule
{
    public static IServiceCollection AddUpgrades(this IServiceCollection services)
    {
        services.AddSingleton<UpgradeCommands>();
        services.AddHostedService<UpgradePass>();
        return services;
    }

    public static void MapUpgrades(this WebApplication app) => app.MapGrpcService<UpgradeGrpcService>();
}
