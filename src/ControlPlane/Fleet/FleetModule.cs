namespace Orbit.ControlPlane.Fleet;

/// <summary>Registers the fleet's wire face.</summary>
internal static class FleetModule
{
    public static IServiceCollection AddFleet(this IServiceCollection services) => services.AddSingleton<JoinAddresses>();

    public static void MapFleet(this WebApplication app) => app.MapGrpcService<AgentGrpcService>();
}
