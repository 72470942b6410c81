using System.Text;

namespace Orbit.Agent.Processes;

/// <summary>Looks at a program before it is started, because "127" in a log tells nobody that the interpreter is missing.</summary>
internal static class CommandFile
{
    private const int Executable = 1; // X_OK

    /// <summary>The absolute program and whatever must come before it (the shell, for a script that names no interpreter).</summary>
    /// <exception cref="ProcessStartException">It cannot be run; the message says why.</exception>
    public static IReadOnlyList<string> Resolve(string fileName, IReadOnlyDictionary<string, string> environment)
    {
        string path = fileName.Contains('/', StringComparison.Ordinal) ? fileName : Search(fileName, environment);
        if (!Path.IsPathRooted(path))
        {
            throw new ProcessStartException(ProcessStartException.InvalidSpec, $"The program '{fileName}' is neither an absolute path nor a bare name.");
        }

        if (!File.Exists(path))
        {
            throw new ProcessStartException(ProcessStartException.CommandNotFound, Directory.Exists(path) ? $"{path} is a directory, no program." : $"There is no file {path}.");
        }

        if (Native.Access(path, Executable) != 0)
        {
            throw new ProcessStartException(ProcessStartException.CommandNotExecutable, $"{path} is not executable (chmod +x is missing, or its file system does not allow it).");
        }

        return [.. Interpreter(path), path];
    }

    private static string Search(string name, IReadOnlyDictionary<string, string> environment)
    {
        string[] directories = environment.GetValueOrDefault("PATH", "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(path => File.Exists(path) && Native.Access(path, Executable) == 0)
            ?? throw new ProcessStartException(ProcessStartException.CommandNotFound, $"There is no program '{name}' in {string.Join(':', directories)}.");
    }

    /// <summary>Nothing for binaries and for scripts whose own first line works; the shell for scripts without such a line.</summary>
    private static string[] Interpreter(string path)
    {
        Span<byte> head = stackalloc byte[256];
        int length;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (UnauthorizedAccessException)
        {
            return []; // executable but not readable: the kernel will know what it is
        }

        head = head[..length];
        if (head.StartsWith("\u007fELF"u8))
        {
            return [];
        }

        if (!head.StartsWith("#!"u8))
        {
            return ["/bin/sh"];
        }

        int end = head.IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(head[2..(end < 0 ? length : end)]).Trim(' ', '\t');
        string interpreter = line.Split([' ', '\t'], 2)[0];
        return File.Exists(interpreter)
            ? []
            : throw new ProcessStartException(ProcessStartException.InterpreterMissing, $"{path} wants the interpreter {Shown(interpreter)}, which does not exist on this host.");
    }

    private static string Shown(string interpreter) =>
        interpreter.EndsWith('\r') ? $"'{interpreter.TrimEnd('\r')}\\r' (the script has Windows line ends)" : $"'{interpreter}'";
}
