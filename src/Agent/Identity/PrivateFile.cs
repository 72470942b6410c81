using Orbit.Agent.Files;

namespace Orbit.Agent.Identity;

/// <summary>Writes a small file so that after any crash it holds all of the old or all of the new content.</summary>
internal static class PrivateFile
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
        DurableFile.SyncDirectory(directory);
    }
}
