using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>Registers the building and serving of reports.</summary>
internal static class ReportsModule
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddReports(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ReportOptions>().BindConfiguration(ReportOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReportOptions>, ReportOptionsValidator>();
        services.AddBlobs(configuration);
        services.Configure<RestOptions>(rest =>
        {
            rest.PassOn.Add("/api/v1/artifacts/");
            rest.PassOn.Add("/api/v1/reports/");
        });
        services.AddSingleton<AllureProgram>();
        services.AddSingleton<ReportResults>();
        services.AddSingleton<ReportBuilder>();
        services.AddSingleton<ReportCommands>();
        services.AddSingleton<ReportCache>();
        services.AddSingleton<ReportLinks>();
        services.AddSingleton<ReportEndpoints>();
        services.AddSingleton<ArtifactEndpoints>();
        services.AddHostedService<ReportingPass>();
        services.AddHostedService<ReportSweepPass>();
        int parallel = configuration.GetSection(ReportOptions.Section).Get<ReportOptions>()?.Parallel ?? 1;
        for (int queue = 0; queue < parallel; queue++)
        {
            services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<ReportQueue>(provider));
        }

        return services;
    }

    public static void MapReports(this WebApplication app)
    {
        ReportEndpoints reports = app.Services.GetRequiredService<ReportEndpoints>();
        ArtifactEndpoints artifacts = app.Services.GetRequiredService<ArtifactEndpoints>();
        app.MapMethods("/reports/{runId:long}/v/{link}/{**path}", Reading, reports.LinkedAsync).Allow(EndpointAccess.Linked);
        app.MapMethods("/reports/{runId:long}/{**path}", Reading, reports.StableAsync).Allow(EndpointAccess.Viewer);
        app.MapGet("/api/v1/artifacts/{runId:long}", (HttpContext context, long runId, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "after_attempt")] int? afterAttempt, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "after_path")] string? afterPath) => artifacts.ListAsync(context, runId, afterAttempt, afterPath)).Allow(EndpointAccess.Viewer);
        app.MapMethods("/api/v1/artifacts/{runId:long}/{attempt:int}/{**path}", Reading, artifacts.DownloadAsync).Allow(EndpointAccess.Viewer);
        app.MapPost("/api/v1/reports/{runId:long}/build", artifacts.BuildAsync).Allow(EndpointAccess.User);
    }
}
