using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Audit;

/// <summary>Registers the audit log.</summary>
internal static class AuditModule
{
    /// <summary>Adds the guard of the table.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<IBeforeStart, AuditGuard>();

    /// <summary>Maps the service.</summary>
    public static void MapAudit(this IEndpointRouteBuilder routes) => routes.MapGrpcService<AuditGrpcService>();
}
