namespace Orbit.ControlPlane.ParameterSets;

/// <summary>All log lines of the ParameterSets folder. Event ids 2100-2149.</summary>
internal static partial class ParameterSetLog
{
    [LoggerMessage(2100, LogLevel.Information, "Parameter set {SetId} '{Name}' was created by {By}.")]
    public static partial void SetCreated(this ILogger logger, long setId, string name, string by);

    [LoggerMessage(2101, LogLevel.Information, "Parameter set {SetId} was changed by {By}; it is at version {Version}.")]
    public static partial void SetChanged(this ILogger logger, long setId, int version, string by);

    [LoggerMessage(2102, LogLevel.Information, "Parameter set {SetId} was deleted by {By}.")]
    public static partial void SetDeleted(this ILogger logger, long setId, string by);
}
