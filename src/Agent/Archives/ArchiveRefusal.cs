using Orbit.Agent.Files;

namespace Orbit.Agent.Archives;

/// <summary>An archive is damaged, hostile or of a kind that is not supported. Nothing of it stays on disk.</summary>
internal sealed class ArchiveRefusal(string reason, string message, Exception? inner = null)
    : HostRefusal(reason, message, inner)
{
    public const string Unsupported = "ARCHIVE_UNSUPPORTED";
    public const string Damaged = "ARCHIVE_DAMAGED";
    public const string Encrypted = "ARCHIVE_ENCRYPTED";
    public const string NameUnsafe = "ARCHIVE_NAME_UNSAFE";
    public const string NameTwice = "ARCHIVE_NAME_TWICE";
    public const string LinkUnsafe = "ARCHIVE_LINK_UNSAFE";
    public const string SpecialEntry = "ARCHIVE_SPECIAL_ENTRY";
    public const string TooManyEntries = "ARCHIVE_TOO_MANY_ENTRIES";
    public const string TooLarge = "ARCHIVE_TOO_LARGE";
    public const string RatioTooHigh = "ARCHIVE_RATIO_TOO_HIGH";
    public const string Empty = "ARCHIVE_EMPTY";

    public static ArchiveRefusal Broken(string why, Exception? inner = null) =>
        new(Damaged, $"The archive is damaged or cut off: {why}.", inner);
}
