using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Identity;

/// <summary>Writes a small file so that after any crash it holds all of the old or all of the new content.</summary>
internal static partial class PrivateFile
{
    /// <summary>Replaces <paramref name="path"/>; readable and writable by the owner alone. Durable when it returns.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string beside = path + ".new";
        File.Delete(beside);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (FileStream file = new(beside, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        SyncDirectory(directory);
    }

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    public static void SyncDirectory(string directory)
    {
        using SafeFileHandle handle = Open(directory, 0);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw new IOException($"{directory} cannot be synced: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
