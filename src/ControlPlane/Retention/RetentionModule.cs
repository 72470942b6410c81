namespace Orbit.ControlPlane.Retention;

/// <summary>Registers retention.</summary>
internal static class RetentionModule
{
    /// <summary>Adds the pass.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services) =>
        services.AddSingleton<RetentionCommands>().AddHostedService<RetentionPass>();
}
