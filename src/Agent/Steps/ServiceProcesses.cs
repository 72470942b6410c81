using System.Globalization;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Steps;

/// <summary>A process that belongs to an installed service.</summary>
/// <param name="Identity">Which one.</param>
/// <param name="CommandLine">For people.</param>
/// <param name="Ports">TCP ports that it listens on.</param>
internal sealed record ServiceProcess(ProcessIdentity Identity, string CommandLine, IReadOnlyList<int> Ports);

/// <summary>
/// Finds the processes of an installed service by where they run from: their program, or one of its arguments, lies in the install
/// directory; or they work there without a terminal (a person's shell that happens to stand there is left alone).
/// </summary>
internal static class ServiceProcesses
{
    private const int Listening = 0x0A;

    /// <summary>All living processes of the service in a directory.</summary>
    public static List<ServiceProcess> In(string installDir)
    {
        string inside = installDir.TrimEnd('/') + "/";
        List<ServiceProcess> found = [];
        Lazy<Dictionary<string, int>> sockets = new(ListeningSockets);
        foreach (ProcessStatus status in ProcessStatus.All())
        {
            if (!status.IsDead && status.Pid != Environment.ProcessId && RunsFrom(status.Pid, installDir, inside)
                && ProcessIdentity.Of(status.Pid) is { } identity)
            {
                found.Add(new ServiceProcess(identity, ProcessStatus.CommandLine(status.Pid), PortsOf(status.Pid, sockets.Value)));
            }
        }

        return found;
    }

    private static bool RunsFrom(int pid, string installDir, string inside)
    {
        string program = Link($"/proc/{pid}/exe").Replace(" (deleted)", "", StringComparison.Ordinal);
        if (program.StartsWith(inside, StringComparison.Ordinal))
        {
            return true;
        }

        if (HasTerminal(pid))
        {
            return false;
        }

        string directory = Link($"/proc/{pid}/cwd").Replace(" (deleted)", "", StringComparison.Ordinal);
        return directory == installDir || directory.StartsWith(inside, StringComparison.Ordinal)
            || ProcessStatus.CommandLine(pid).Split(' ').Take(3).Any(argument => argument.StartsWith(inside, StringComparison.Ordinal));
    }

    private static bool HasTerminal(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields.Length > 4 && fields[4] != "0"; // tty_nr
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static List<int> PortsOf(int pid, Dictionary<string, int> sockets)
    {
        List<int> ports = [];
        try
        {
            foreach (string file in Directory.EnumerateFiles($"/proc/{pid}/fd"))
            {
                if (sockets.TryGetValue(Link(file), out int port) && !ports.Contains(port))
                {
                    ports.Add(port);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // it ended meanwhile, or belongs to somebody else
        }

        return ports;
    }

    /// <summary>Ports by the name that a file descriptor's link has.</summary>
    private static Dictionary<string, int> ListeningSockets()
    {
        Dictionary<string, int> sockets = [];
        foreach (string table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            foreach (string line in File.Exists(table) ? File.ReadLines(table).Skip(1) : [])
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture) == Listening)
                {
                    sockets[$"socket:[{fields[9]}]"] = int.Parse(fields[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                }
            }
        }

        return sockets;
    }

    private static string Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
