namespace Orbit.ControlPlane.ApiTests;

/// <summary>All log lines of the ApiTests folder. Event ids 2750-2799.</summary>
internal static partial class ApiTestsLog
{
    [LoggerMessage(2750, LogLevel.Warning, "Piece {PieceId} of a batch was taken from its agent, which has been silent for more than {Silence}.")]
    public static partial void PieceLost(this ILogger logger, Guid pieceId, TimeSpan silence);

    [LoggerMessage(2752, LogLevel.Warning, "Schedule {Name} could not begin its batch: {Problem}")]
    public static partial void ScheduleFailed(this ILogger logger, string name, string problem);

    [LoggerMessage(2751, LogLevel.Information, "Retention deleted {Rows} rows of batches and their records.")]
    public static partial void BatchesRetained(this ILogger logger, int rows);
}
