namespace Orbit.ControlPlane.Storage;

/// <summary>All log lines of the Storage folder. Event ids 1200-1299.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(1201, LogLevel.Information, "Applying {Count} migrations, up to {Last}.")]
    public static partial void Migrating(this ILogger logger, int count, string last);

    [LoggerMessage(1202, LogLevel.Warning, "The connection for wake-ups between replicas broke: {Cause}. Until it is back, changes made elsewhere are seen within seconds.")]
    public static partial void WakeUpsBroken(this ILogger logger, string cause);
}
