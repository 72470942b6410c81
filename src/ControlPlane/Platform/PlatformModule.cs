using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orbit.ControlPlane.Platform;

/// <summary>Registers what every capability uses.</summary>
internal static class PlatformModule
{
    /// <summary>Adds the clock, signals, streams and gRPC.</summary>
    public static IServiceCollection AddPlatform(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Signals>();
        services.AddSingleton<WatchedSessions>();
        services.AddSingleton<OpenStreams>();
        services.AddSingleton<PublicUrl>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 1024 * 1024;
            grpc.Interceptors.Add<RefusalInterceptor>();
        });
        return services;
    }

    /// <summary>Maps what every server answers.</summary>
    public static void MapPlatform(this WebApplication app) =>
        app.MapGet("/healthz", () => Results.Text("ok\n"));
}
