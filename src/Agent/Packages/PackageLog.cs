using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Packages;

/// <summary>All log lines of the Packages folder. Event ids 3500-3599.</summary>
internal static partial class PackageLog
{
    [LoggerMessage(3501, LogLevel.Warning, "Download of {Address} stopped at byte {Offset}: {Why} Trying again in {Pause}.")]
    public static partial void DownloadInterrupted(this ILogger logger, Uri address, long offset, string why, TimeSpan pause);

    [LoggerMessage(3502, LogLevel.Information, "Downloaded {Address}: {Length} bytes, SHA-256 {Sha256}, checked against {CheckedAgainst}.")]
    public static partial void Downloaded(this ILogger logger, Uri address, long length, string sha256, string checkedAgainst);

    [LoggerMessage(3503, LogLevel.Information, "Took {Address} from the cache: SHA-256 {Sha256}.")]
    public static partial void TakenFromCache(this ILogger logger, Uri address, string sha256);

    [LoggerMessage(3504, LogLevel.Information, "{Address} changed on the server while it was fetched; started again from its first byte.")]
    public static partial void ChangedOnServer(this ILogger logger, Uri address);

    [LoggerMessage(3505, LogLevel.Information, "Removed {Sha256} ({Length} bytes) from the package cache, the longest unused.")]
    public static partial void Evicted(this ILogger logger, string sha256, long length);

    [LoggerMessage(3506, LogLevel.Warning, "A cached package no longer had its checksum {Sha256} and was removed.")]
    public static partial void CacheDamaged(this ILogger logger, string sha256);

    [LoggerMessage(3507, LogLevel.Warning, "The package cache's index could not be read and was started afresh: {Why}")]
    public static partial void IndexUnreadable(this ILogger logger, string why);
}
