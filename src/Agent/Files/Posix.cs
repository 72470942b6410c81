using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Files;

/// <summary>The system calls that the framework does not offer: those relative to an open directory, and owners.</summary>
internal static partial class Posix
{
    public const int NoEntry = 2; // ENOENT
    public const int Exists = 17; // EEXIST
    public const int CrossesDevices = 18; // EXDEV
    public const int NotDirectory = 20; // ENOTDIR
    public const int Invalid = 22; // EINVAL
    public const int NotImplemented = 38; // ENOSYS
    public const int NotEmpty = 39; // ENOTEMPTY
    public const int TooManyLinks = 40; // ELOOP

    public const int CurrentDirectory = -100; // AT_FDCWD
    public const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    public const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    public const int RemoveDirectory = 0x200; // AT_REMOVEDIR
    public const uint NoReplace = 1; // RENAME_NOREPLACE
    public const uint Exchange = 2; // RENAME_EXCHANGE

    public const int WriteOnly = 1;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;

    /// <summary>O_DIRECTORY and O_NOFOLLOW have other values on ARM.</summary>
    public static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x10000;

    public static readonly int NoFollowLast = IsArm ? 0x8000 : 0x20000;

    /// <summary>The error of the call just made, in the framework's own type with errno as its code.</summary>
    public static IOException Failure(string what)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}.", errno);
    }

    public static void Require(int result, string what)
    {
        if (result < 0)
        {
            throw Failure(what);
        }
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(int directory, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatX(int directory, string path, int flags, uint mask, out StatXResult result);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectoryAt(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnlinkAt(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SymbolicLinkAt(string target, SafeFileHandle directory, string path);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ReadLinkAt(SafeFileHandle directory, string path, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwnerAt(SafeFileHandle directory, string path, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetTimesAt(SafeFileHandle directory, string path, ReadOnlySpan<long> times, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FileSystemStatus(string path, Span<ulong> result);
}

/// <summary>What <c>statx</c> fills in; the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatXResult
{
    [FieldOffset(8)]
    public ulong Attributes;
    [FieldOffset(20)]
    public uint User;
    [FieldOffset(24)]
    public uint Group;
    [FieldOffset(28)]
    public ushort Mode;
    [FieldOffset(40)]
    public ulong Size;
    [FieldOffset(112)]
    public long ChangedSeconds;
    [FieldOffset(120)]
    public uint ChangedNanoseconds;
    [FieldOffset(136)]
    public uint DeviceMajor;
    [FieldOffset(140)]
    public uint DeviceMinor;
}
