using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>Registers keys, sign-in and authorization.</summary>
internal static class AccessModule
{
    /// <summary>Adds them.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<ServerIdentity>();
        services.AddSingleton<MasterKey>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<IBeforeStart>(provider => provider.GetRequiredService<ServerIdentity>());
        services.AddSingleton<IBeforeStart>(provider => provider.GetRequiredService<KeyRing>());
        return services;
    }
}
