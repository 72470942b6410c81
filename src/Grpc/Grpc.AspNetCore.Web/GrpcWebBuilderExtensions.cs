using Grpc.AspNetCore.Web;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds gRPC-Web to the pipeline.</summary>
public static class GrpcWebApplicationBuilderExtensions
{
    /// <summary>Serves the endpoints that ask for it.</summary>
    public static IApplicationBuilder UseGrpcWeb(this IApplicationBuilder builder) => builder.UseGrpcWeb(new GrpcWebOptions());

    /// <summary>
    /// Serves gRPC-Web. After routing an endpoint's own word counts. Before an explicit <c>UseRouting()</c> only the default does, and
    /// methods that do not exist are answered UNIMPLEMENTED instead of HTTP 404.
    /// </summary>
    public static IApplicationBuilder UseGrpcWeb(this IApplicationBuilder builder, GrpcWebOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return builder.UseMiddleware<GrpcWebMiddleware>(options);
    }
}

/// <summary>Marks endpoints.</summary>
public static class GrpcWebEndpointConventionBuilderExtensions
{
    /// <summary>Serves them over gRPC-Web.</summary>
    public static TBuilder EnableGrpcWeb<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Mark(new EnableGrpcWebAttribute());

    /// <summary>Keeps them off gRPC-Web.</summary>
    public static TBuilder DisableGrpcWeb<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Mark(new DisableGrpcWebAttribute());

    private static TBuilder Mark<TBuilder>(this TBuilder builder, IGrpcWebEnabledMetadata mark)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(mark));
        return builder;
    }
}
