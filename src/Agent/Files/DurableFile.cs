using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Files;

/// <summary>Small files that are whole or not there, and on disk when the call returns.</summary>
internal static class DurableFile
{
    /// <summary>Writes beside, writes out, renames, and writes out the directory.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string fresh = path + ".new";
        using (FileStream file = new(fresh, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    public static void SyncDirectory(string path) => Sync(path, Posix.OnlyDirectory);

    /// <summary>Writes out a directory with all that is in it; links are left alone.</summary>
    public static void SyncTree(string path)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(path).EnumerateFileSystemInfos().Where(e => e.LinkTarget is null))
        {
            if (entry is DirectoryInfo)
            {
                SyncTree(entry.FullName);
            }
            else
            {
                Sync(entry.FullName, 0);
            }
        }

        SyncDirectory(path);
    }

    private static void Sync(string path, int flags)
    {
        int opened = Posix.OpenAt(Posix.CurrentDirectory, path, flags | Posix.CloseOnExec, 0);
        Posix.Require(opened, $"'{path}' could not be opened");
        using SafeFileHandle handle = new(opened, ownsHandle: true);
        Posix.Require(Posix.Sync(handle), $"'{path}' could not be written out");
    }
}
