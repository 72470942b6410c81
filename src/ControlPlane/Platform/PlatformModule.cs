using Grpc.AspNetCore.Web;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orbit.ControlPlane.Platform.Rest;

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
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks();
        services.AddRestTranscoding();
        return services;
    }

    /// <summary>Turns REST and gRPC-Web requests into gRPC ones before they are routed.</summary>
    public static void UsePlatform(this WebApplication app)
    {
        app.UseRestTranscoding();
        app.UseMiddleware<WholeCalls>();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseRouting();
    }

    /// <summary>Maps what every server answers. Reflection is on unless <c>Grpc:Reflection</c> is false.</summary>
    public static void MapPlatform(this WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Text("ok\n")).Allow(EndpointAccess.Anyone);
        app.MapHealthChecks("/readyz").Allow(EndpointAccess.Anyone);
        app.MapGrpcHealthChecksService();
        if (app.Configuration.GetValue("Grpc:Reflection", true))
        {
            app.MapGrpcReflectionService();
        }
    }
}
