using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Journal;

/// <summary>All log lines of the journal. Event ids 3100-3199.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(3101, LogLevel.Information, "Opened the journal {Directory}: {Segments} segments, {Records} records of {Assignments} open assignments.")]
    public static partial void JournalOpened(this ILogger logger, string directory, int segments, int records, int assignments);

    [LoggerMessage(3102, LogLevel.Warning, "Cut an unfinished write from the end of the journal {Path} at byte {Position}; nothing in it had been acknowledged.")]
    public static partial void TornTailCut(this ILogger logger, string path, long position);

    [LoggerMessage(3103, LogLevel.Warning, "No room for a spare journal segment of {Bytes} bytes in {Directory}: {Why} The {Left} bytes left in the current one can still be written.")]
    public static partial void NoSpareSegment(this ILogger logger, string directory, int bytes, string why, long left);

    [LoggerMessage(3104, LogLevel.Critical, "The journal {Path} cannot be written any more; nothing further is accepted until the agent is started again.")]
    public static partial void JournalFailed(this ILogger logger, string path, Exception cause);

    [LoggerMessage(3105, LogLevel.Debug, "Copied {Records} live records out of journal segment {Path}.")]
    public static partial void SegmentCopied(this ILogger logger, string path, int records);
}
