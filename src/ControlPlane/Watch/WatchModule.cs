namespace Orbit.ControlPlane.Watch;

/// <summary>Registers the feed's wire face.</summary>
internal static class WatchModule
{
    public static void MapWatch(this WebApplication app) => app.MapGrpcService<WatchGrpcService>();
}
