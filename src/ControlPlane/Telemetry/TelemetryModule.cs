using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>Registers what shows the server from outside.</summary>
internal static class TelemetryModule
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsRules>();
        services.AddSingleton<MetricStore>();
        services.AddSingleton<FigureQueries>();
        services.AddSingleton<SystemMeter>();
        services.AddSingleton<ServerStart>();
        services.AddHostedService<RunTraceBuilder>();
        services.AddHostedService<OtlpSender>();
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        return services;
    }

    /// <summary>Maps <c>/metrics</c>, on the endpoint that is named for it or on all, and the status.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        app.MapGrpcService<StatusGrpcService>();
        MetricStore store = app.Services.GetRequiredService<MetricStore>(); // from now on it counts
        app.Services.GetRequiredService<SystemMeter>();
        app.Services.GetRequiredService<ServerStart>();
        FigureQueries figures = app.Services.GetRequiredService<FigureQueries>();
        string only = app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.MetricsEndpoint;
        app.MapGet("/metrics", async (HttpContext context) =>
            only.Length > 0 && !string.Equals(only, NamedEndpoints.NameOf(context), StringComparison.OrdinalIgnoreCase)
                ? Results.NotFound()
                : await MetricsAsync(store, figures, context.RequestAborted)).Allow(EndpointAccess.Anyone);
    }

    private static async Task<IResult> MetricsAsync(MetricStore store, FigureQueries figures, CancellationToken ct)
    {
        try
        {
            await figures.ReadAsync(ct);
        }
        catch (OrbitException later) when (later.Kind is Refusal.Later)
        {
            // The figures of this process are worth most when the database is away; those of the whole system are left out then.
        }

        return Results.Text(PrometheusText.Write(store.Collect()), PrometheusText.ContentType);
    }
}
