using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Settings;

/// <summary>Registers the settings.</summary>
internal static class SettingsModule
{
    /// <summary>Adds the snapshot that everybody reads and the pass that keeps it fresh.</summary>
    public static IServiceCollection AddSettings(this IServiceCollection services)
    {
        services.AddSingleton<SettingsSnapshot>();
        services.AddSingleton<IBeforeStart>(provider => provider.GetRequiredService<SettingsSnapshot>());
        services.AddSingleton<SettingCommands>();
        services.AddHostedService<SettingsPass>();
        return services;
    }

    /// <summary>Maps the service.</summary>
    public static void MapSettings(this WebApplication app) => app.MapGrpcService<SettingGrpcService>();
}
