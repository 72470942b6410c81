namespace Orbit.Agent.Files;

/// <summary>
/// A step cannot go on for a reason that a person can act on: a bad package, a full disk, a directory that must not be
/// touched. Anything else that is thrown is a bug of ours.
/// </summary>
internal abstract class HostRefusal(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Stable machine-readable code, upper case with underscores.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A disk of this host is full, or has no file entries left.</summary>
internal sealed class NoSpaceRefusal(string path, long? neededBytes, Exception? inner = null)
    : HostRefusal(Code, Words(path, neededBytes), inner)
{
    /// <summary>The reason code of every full disk.</summary>
    public const string Code = "NO_SPACE";

    /// <summary>What could not be written.</summary>
    public string Path { get; } = path;

    /// <summary>True when the system said that a disk, its file entries or a quota is exhausted.</summary>
    public static bool IsFull(Exception error) =>
        error is IOException && error.HResult is NoSpaceLeft or QuotaExceeded;

    private const int NoSpaceLeft = 28; // ENOSPC, as .NET hands errno on
    private const int QuotaExceeded = 122; // EDQUOT

    private static string Words(string path, long? needed) =>
        needed is { } bytes
            ? $"No space left for '{path}': {bytes:N0} bytes are needed."
            : $"No space left for '{path}'.";
}
