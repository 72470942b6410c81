namespace Orbit.ControlPlane.Reports;

/// <summary>All log lines of the Reports folder. Event ids 2500-2599.</summary>
internal static partial class ReportLog
{
    [LoggerMessage(2500, LogLevel.Information, "Report of run {RunId}, attempt {Attempt}, was built in {Milliseconds} ms: {Bytes} bytes. {Note}")]
    public static partial void ReportBuilt(this ILogger log, long runId, int attempt, long milliseconds, long bytes, string note);

    [LoggerMessage(2501, LogLevel.Warning, "Report of run {RunId}, attempt {Attempt}, could not be built at try {Try}: {Reason}")]
    public static partial void ReportFailed(this ILogger log, long runId, int attempt, int @try, string reason, Exception? error);

    [LoggerMessage(2502, LogLevel.Warning, "Reports cannot be built here: {Reason}")]
    public static partial void CannotBuild(this ILogger log, string reason);

    [LoggerMessage(2503, LogLevel.Information, "Reports are built with {Allure}.")]
    public static partial void CanBuild(this ILogger log, string allure);

    [LoggerMessage(2504, LogLevel.Warning, "The claim on the report of run {RunId}, attempt {Attempt}, was lost; another process builds it.")]
    public static partial void ClaimLost(this ILogger log, long runId, int attempt);

    [LoggerMessage(2505, LogLevel.Information, "Removed {Directories} left-over build directories and {Blobs} unused blobs.")]
    public static partial void Swept(this ILogger log, int directories, int blobs);

    [LoggerMessage(2506, LogLevel.Warning, "History of test item {TestItemId} had {Lines} unreadable lines, which were left out.")]
    public static partial void HistoryDamaged(this ILogger log, long testItemId, int lines);
}
