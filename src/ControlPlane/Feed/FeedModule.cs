namespace Orbit.ControlPlane.Feed;

/// <summary>Registers the feed.</summary>
internal static class FeedModule
{
    public static IServiceCollection AddFeed(this IServiceCollection services) =>
        services.AddSingleton<FeedReader>().AddHostedService<FeedSequencer>();
}
