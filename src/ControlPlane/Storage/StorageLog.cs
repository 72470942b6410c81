namespace Orbit.ControlPlane.Storage;

/// <summary>All log lines of the Storage folder. Event ids 1200-1299.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(1201, LogLevel.Information, "Applying {Count} migrations, up to {Last}.")]
    public static partial void Migrating(this ILogger logger, int count, string last);
}
