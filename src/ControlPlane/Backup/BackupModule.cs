namespace Orbit.ControlPlane.Backup;

/// <summary>Registers backups.</summary>
internal static class BackupModule
{
    public static IServiceCollection AddBackup(this IServiceCollection services) =>
        services.AddSingleton<BackupTaking>().AddSingleton<RestoredCommands>();

    public static void MapBackup(this WebApplication app) => app.MapGrpcService<BackupGrpcService>();
}
