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

    public static void SyncDirectory(string path)
    {
        int opened = Posix.OpenAt(Posix.CurrentDirectory, path, Posix.OnlyDirectory | Posix.CloseOnExec, 0);
        Posix.Require(opened, $"The directory '{path}' could not be opened");
        using SafeFileHandle directory = new(opened, ownsHandle: true);
        Posix.Require(Posix.Sync(directory), $"The directory '{path}' could not be written out");
    }
}
