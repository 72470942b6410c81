namespace Orbit.Agent.Files;

/// <summary>What an entry of a tree is.</summary>
internal enum EntryKind
{
    File,
    Directory,
    Link,

    /// <summary>A socket, pipe or device: noted, never copied.</summary>
    Special,
}

/// <summary>An entry as it is, links not followed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">The twelve permission bits.</param>
/// <param name="User">Owner, by number.</param>
/// <param name="Group">Group, by number.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ChangedNanoseconds">Time of the last change of content since 1970.</param>
/// <param name="Device">Which file system it lies on.</param>
/// <param name="IsImmutable">An attribute forbids even root to change or replace it.</param>
/// <param name="IsMountPoint">A file system begins here, so it cannot be renamed.</param>
internal readonly record struct FileStatus(
    EntryKind Kind, int Mode, uint User, uint Group, long Size, long ChangedNanoseconds, ulong Device, bool IsImmutable, bool IsMountPoint)
{
    private const uint BasicMask = 0x7FF;
    private const ulong ImmutableOrAppendOnly = 0x30;
    private const ulong MountRoot = 0x2000;

    /// <returns>None when there is nothing, or when what should lead there is no directory.</returns>
    public static FileStatus? Of(string path) => Of(Posix.CurrentDirectory, path, path);

    /// <param name="directory">An open directory.</param>
    /// <param name="name">Relative to it.</param>
    /// <param name="shown">For the message of a failure.</param>
    public static FileStatus? Of(int directory, string name, string shown)
    {
        if (Posix.StatX(directory, name, Posix.NoFollow, BasicMask, out StatXResult found) == 0)
        {
            return From(found);
        }

        IOException failure = Posix.Failure($"'{shown}' could not be looked at");
        return failure.HResult is Posix.NoEntry or Posix.NotDirectory ? null : throw failure;
    }

    /// <summary>What an open file is, whatever its name leads to by now.</summary>
    public static FileStatus OfOpen(int file, string shown)
    {
        Posix.Require(Posix.StatX(file, "", Posix.EmptyPath, BasicMask, out StatXResult found), $"'{shown}' could not be looked at");
        return From(found);
    }

    private static FileStatus From(in StatXResult found) =>
        new(
            (found.Mode & 0xF000) switch
            {
                0x8000 => EntryKind.File,
                0x4000 => EntryKind.Directory,
                0xA000 => EntryKind.Link,
                _ => EntryKind.Special,
            },
            found.Mode & 0xFFF,
            found.User,
            found.Group,
            (long)found.Size,
            (found.ChangedSeconds * 1_000_000_000) + found.ChangedNanoseconds,
            ((ulong)found.DeviceMajor << 32) | found.DeviceMinor,
            (found.Attributes & ImmutableOrAppendOnly) != 0,
            (found.Attributes & MountRoot) != 0);
}
