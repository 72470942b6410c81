using Grpc.AspNetCore.Server.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the reflection services.</summary>
public static class GrpcReflectionEndpointRouteBuilderExtensions
{
    /// <summary>Maps <c>grpc.reflection.v1</c> and <c>v1alpha</c>, which older clients ask for. Conventions apply to both.</summary>
    public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ServiceProvider.GetService<ReflectionAnswers>() is null)
        {
            throw new InvalidOperationException("Reflection is not registered: call services.AddGrpcReflection() first.");
        }

        return new BothVersions(builder.MapGrpcService<ReflectionV1GrpcService>(), builder.MapGrpcService<ReflectionV1AlphaGrpcService>());
    }

    private sealed class BothVersions(params IEndpointConventionBuilder[] versions) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => Array.ForEach(versions, version => version.Add(convention));

        public void Finally(Action<EndpointBuilder> finallyConvention) =>
            Array.ForEach(versions, version => version.Finally(finallyConvention));
    }
}
