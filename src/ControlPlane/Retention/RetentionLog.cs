namespace Orbit.ControlPlane.Retention;

/// <summary>All log lines of the Retention folder. Event ids 2700-2749.</summary>
internal static partial class RetentionLog
{
    [LoggerMessage(2700, LogLevel.Information, "Retention deleted {Runs} runs, {LogRows} rows of logs and results, {Builds} builds, {Other} other rows and dropped {Partitions} partitions.")]
    public static partial void Retained(this ILogger logger, int runs, int logRows, int builds, int other, int partitions);
}
