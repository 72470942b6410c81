using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Journal;

/// <summary>Every change the journal makes to the disk. Open for tests, which end it in the middle of one.</summary>
internal partial class JournalDisk
{
    /// <summary>Creates or empties a file that only this user can read.</summary>
    public virtual SafeFileHandle Create(string path)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using FileStream created = new(path, options);
        return Open(path);
    }

    /// <summary>Opens an existing file for reading and writing.</summary>
    public virtual SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Writes all bytes at the offset.</summary>
    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Returns when everything written to the file has reached the device.</summary>
    public virtual void Sync(SafeFileHandle file)
    {
        if (FileSync(file) != 0)
        {
            throw Failure("fdatasync");
        }
    }

    /// <summary>Makes creations, renames and deletions in the directory durable.</summary>
    public virtual void SyncDirectory(string directory)
    {
        using SafeFileHandle handle = OpenDirectory(directory, 0x80000 /* O_RDONLY | O_CLOEXEC */);
        if (handle.IsInvalid || FullSync(handle) != 0)
        {
            throw Failure($"fsync of {directory}");
        }
    }

    /// <summary>Renames a file; the target must not exist.</summary>
    public virtual void Rename(string from, string to) => File.Move(from, to);

    /// <summary>Deletes a file; absent is fine.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    private static IOException Failure(string what)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FileSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FullSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenDirectory(string path, int flags);
}
