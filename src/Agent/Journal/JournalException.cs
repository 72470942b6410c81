namespace Orbit.Agent.Journal;

/// <summary>The journal cannot do what was asked. <see cref="Reason"/> is stable; the message is for the operator.</summary>
internal class JournalException(string reason, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Another process holds the directory.</summary>
    public const string InUse = "JOURNAL_IN_USE";

    /// <summary>There is no room for another segment. What was acknowledged is safe; later appends work again once there is room.</summary>
    public const string Full = "JOURNAL_FULL";

    /// <summary>The disk refused a write or a sync, so nothing can be promised any more; the process must be started again.</summary>
    public const string Failed = "JOURNAL_FAILED";

    /// <summary>Records that were acknowledged cannot be read back.</summary>
    public const string Damaged = "JOURNAL_DAMAGED";

    /// <summary>Written by a newer version of the program.</summary>
    public const string TooNew = "JOURNAL_TOO_NEW";

    /// <summary>A machine-readable code, one of the constants of this type.</summary>
    public string Reason { get; } = reason;
}

/// <summary>
/// Something that had been acknowledged is unreadable. Nothing was changed: the file stays as it is for an operator to look at, and
/// nothing may run on this host until somebody has decided what to do with it.
/// </summary>
internal sealed class JournalDamagedException(string path, long position, string what)
    : JournalException(Damaged, $"The journal is damaged: {path} at byte {position}: {what}. The file was left as it is; move the journal directory away to start with an empty one.")
{
    /// <summary>The damaged file.</summary>
    public string Path { get; } = path;

    /// <summary>Byte offset in the file.</summary>
    public long Position { get; } = position;
}
