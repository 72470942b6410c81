namespace Orbit.ControlPlane.Gateway;

/// <summary>Registers the agent stream.</summary>
internal static class GatewayModule
{
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.AddSingleton<SessionAdmission>();
        services.AddSingleton<SessionStream>();
        services.AddSingleton<SessionOpening>();
        services.AddSingleton<SessionMessages>();
        services.AddSingleton<SessionWishes>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionWishes>());
        services.AddHostedService<TrustNews>();
        services.AddHostedService<UpgradeOrders>();
        services.AddHostedService<CheckOrders>();
        services.AddSingleton<WorkFileStream>();
        services.AddSingleton<UploadStream>();
        services.AddSingleton<UploadTargets>();
        services.AddSingleton<LogUploads>();
        services.AddSingleton<FileUploads>();
        return services;
    }

    public static void MapGateway(this WebApplication app) => app.MapGrpcService<AgentGatewayGrpcService>();
}
