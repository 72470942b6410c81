using Orbit.ControlPlane.Fleet;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Install;

/// <summary>Serves what a new host needs: the script, and the agent itself. There is no secret in either; joining needs a token.</summary>
internal static class InstallModule
{
    public static IServiceCollection AddInstall(this IServiceCollection services)
    {
        services.AddOptions<InstallOptions>().BindConfiguration(InstallOptions.Section);
        services.AddSingleton<InstallFiles>();
        services.AddSingleton<OfferedPackages>();
        services.AddSingleton<InstallScript>();
        return services;
    }

    public static void MapInstall(this WebApplication app)
    {
        app.MapGet(JoinAddresses.InstallPath, (InstallScript script, HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            return Results.Text(script.Text(), "text/x-shellscript; charset=utf-8");
        }).Allow(EndpointAccess.Anyone);
        app.MapGet(JoinAddresses.InstallPath + "/agent/{name}", Package).Allow(EndpointAccess.Anyone);
    }

    private static IResult Package(string name, InstallFiles files) => files.Find(name) is { } path
        ? Results.File(path, name.EndsWith(".sha256", StringComparison.Ordinal) ? "text/plain" : "application/gzip", enableRangeProcessing: true)
        : Results.Text(
            $"This control plane has no agent package of that name. deploy/package makes them; it looks for them in {files.Directory}.\n", statusCode: StatusCodes.Status404NotFound);
}
