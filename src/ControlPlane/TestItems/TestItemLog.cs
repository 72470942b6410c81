namespace Orbit.ControlPlane.TestItems;

/// <summary>All log lines of the TestItems folder. Event ids 2150-2199.</summary>
internal static partial class TestItemLog
{
    [LoggerMessage(2150, LogLevel.Information, "Test item {ItemId} '{Name}' was created by {By}.")]
    public static partial void ItemCreated(this ILogger logger, long itemId, string name, string by);

    [LoggerMessage(2151, LogLevel.Information, "Test item {ItemId} was changed by {By}.")]
    public static partial void ItemChanged(this ILogger logger, long itemId, string by);

    [LoggerMessage(2152, LogLevel.Information, "Test item {ItemId} was deleted by {By}.")]
    public static partial void ItemDeleted(this ILogger logger, long itemId, string by);
}
