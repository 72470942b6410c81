using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>Registers keys, sign-in and authorization.</summary>
internal static class AccessModule
{
    /// <summary>Adds them.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsRules>();
        services.AddBeforeStart<ServerIdentity>();
        services.AddSingleton<MasterKey>();
        services.AddBeforeStart<KeyRing>();
        services.AddSingleton<ISecretBox>(provider => provider.GetRequiredService<KeyRing>());
        services.AddBeforeStart<AdminPassword>();
        services.AddBeforeStart<MethodAccess>();
        services.AddBeforeStart<PlaintextRule>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<SessionGate>();
        services.AddSingleton<PersonCommands>();
        services.AddSingleton<SessionCommands>();
        services.AddSingleton<ApiTokenGate>();
        services.AddSingleton<ApiTokenCommands>();
        services.AddSingleton<SignInBrakes>();
        services.AddSingleton<LoginCodes>();
        services.AddSingleton<Rejections>();
        services.AddSingleton<LoginCommands>();
        services.AddSingleton<Admission>();
        services.AddSingleton<AccessInterceptor>();
        services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<AccessInterceptor>());
        services.AddHostedService<SessionPass>();
        services.AddHostedService<SessionCleanupPass>();
        return services;
    }

    /// <summary>Maps the services.</summary>
    public static void MapAccess(this WebApplication app)
    {
        app.MapGrpcService<AuthGrpcService>();
        app.MapGrpcService<UserGrpcService>();
        app.MapGrpcService<ApiTokenGrpcService>();
    }

    private static void AddBeforeStart<T>(this IServiceCollection services)
        where T : class, IBeforeStart
    {
        services.AddSingleton<T>();
        services.AddSingleton<IBeforeStart>(provider => provider.GetRequiredService<T>());
    }
}
