using System.Text.Json;

namespace Orbit.Agent.Pytest;

/// <summary>Puts the files on the host that a test step needs, readable by whichever user the step runs as.</summary>
internal static class PytestFiles
{
    /// <summary>The name under which pytest loads the plugin.</summary>
    public const string Module = "orbit_pytest";

    private const UnixFileMode FileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode DirectoryMode = FileMode
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>
    /// Writes the plugin into <paramref name="directory"/> (made if need be, mode 0755), replacing an older one. The
    /// directory must hold nothing else: it becomes a part of Python's search path. The directories above it must let
    /// the step's user through.
    /// </summary>
    /// <returns>The file, mode 0644.</returns>
    public static string Install(string directory)
    {
        using Stream plugin = typeof(PytestFiles).Assembly.GetManifestResourceStream($"{Module}.py")
            ?? throw new InvalidOperationException($"{Module}.py is missing from this program.");
        Directory.CreateDirectory(directory);
        AllowAll(directory, DirectoryMode);
        return Write(Path.Combine(directory, $"{Module}.py"), plugin.CopyTo);
    }

    /// <summary>Writes the node ids that alone shall run, for <see cref="PytestEnvironment"/>.</summary>
    public static string WriteSelection(string path, IEnumerable<string> ids) =>
        Write(path, file => JsonSerializer.Serialize(file, ids));

    private static string Write(string path, Action<Stream> content)
    {
        // A pytest that starts meanwhile sees the old file or the new one, whole.
        string fresh = $"{path}.{Guid.NewGuid():N}.new";
        using (FileStream file = File.Create(fresh))
        {
            content(file);
        }

        AllowAll(fresh, FileMode);
        File.Move(fresh, path, overwrite: true);
        return path;
    }

    /// <summary>After creation, because the agent's umask may be strict.</summary>
    private static void AllowAll(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
