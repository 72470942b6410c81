using Grpc.AspNetCore.Server.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what answers reflection.</summary>
public static class GrpcReflectionServiceExtensions
{
    /// <summary>Registers reflection over the gRPC services that are mapped when the first question comes.</summary>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddGrpc();
        services.TryAddSingleton<ReflectionAnswers>();
        return services;
    }
}
