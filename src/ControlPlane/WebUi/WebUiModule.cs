using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.WebUi;

/// <summary>Registers the web pages.</summary>
internal static class WebUiModule
{
    public static IServiceCollection AddWebUi(this IServiceCollection services)
    {
        services.AddOptions<WebUiOptions>().BindConfiguration(WebUiOptions.Section);
        services.AddSingleton<WebUiFiles>();
        services.AddSingleton<WebUiEndpoints>();
        return services;
    }

    /// <summary>Takes every address that nothing else answers.</summary>
    public static void MapWebUi(this WebApplication app)
    {
        WebUiEndpoints endpoints = app.Services.GetRequiredService<WebUiEndpoints>();
        app.MapMethods("/{**path}", [HttpMethods.Get, HttpMethods.Head], (HttpContext context, string? path) => endpoints.ServeAsync(context, path))
            .Allow(EndpointAccess.Anyone)
            .Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = int.MaxValue);
    }
}
