namespace Orbit.ControlPlane.TestItems;

/// <summary>Registers test items.</summary>
internal static class TestItemModule
{
    /// <summary>Adds the commands.</summary>
    public static IServiceCollection AddTestItems(this IServiceCollection services) => services.AddSingleton<TestItemCommands>();

    /// <summary>Maps the service.</summary>
    public static void MapTestItems(this IEndpointRouteBuilder routes) => routes.MapGrpcService<TestItemGrpcService>();
}
