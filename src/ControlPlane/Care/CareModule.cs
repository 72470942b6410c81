namespace Orbit.ControlPlane.Care;

/// <summary>Registers the care for the fleet.</summary>
internal static class CareModule
{
    public static IServiceCollection AddCare(this IServiceCollection services)
    {
        services.AddSingleton<CheckCommands>();
        services.AddSingleton<CareCommands>();
        services.AddHostedService<CarePass>();
        services.AddSingleton<HostTrustCommands>();
        services.AddHostedService<HostTrustPass>();
        return services;
    }
}
