namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Registers the REST mapping of the mapped gRPC services.</summary>
internal static class RestModule
{
    /// <summary>Adds the mapping. May be called by several capabilities; each adds to the options.</summary>
    public static IServiceCollection AddRestTranscoding(this IServiceCollection services, Action<RestOptions>? configure = null)
    {
        services.AddOptions<RestOptions>().Configure(configure ?? (_ => { }));
        services.AddSingleton<RestRoutes>();
        services.AddSingleton<OpenApiDocument>();
        return services;
    }

    /// <summary>
    /// Serves REST. Comes before an explicit <c>UseRouting()</c> and before authentication, which then see the gRPC request that the REST
    /// request stands for; <see cref="RestCall"/> in the features tells what it was.
    /// </summary>
    public static IApplicationBuilder UseRestTranscoding(this IApplicationBuilder app) => app.UseMiddleware<RestMiddleware>();
}
