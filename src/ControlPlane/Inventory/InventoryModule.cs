namespace Orbit.ControlPlane.Inventory;

/// <summary>Registers the inventory.</summary>
internal static class InventoryModule
{
    public static IServiceCollection AddInventory(this IServiceCollection services) => services.AddSingleton<InventoryCommands>();

    public static void MapInventory(this WebApplication app) => app.MapGrpcService<InventoryGrpcService>();
}
