namespace Orbit.ControlPlane.Settings;

/// <summary>All log lines of the Settings folder. Event ids 1400-1449.</summary>
internal static partial class SettingLog
{
    [LoggerMessage(1401, LogLevel.Warning, "The stored value of the setting {Key} is not allowed any more and its default holds; it must be {Allowed}.")]
    public static partial void StoredValueNotAllowed(this ILogger logger, string key, string allowed);
}
