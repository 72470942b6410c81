using System.Globalization;

namespace Orbit.Benchmarks.Rig;

/// <summary>Processor time from <c>/proc</c>, of whole families of processes.</summary>
internal static class ProcessTimes
{
    private const double TicksASecond = 100; // what the kernel reports to programs, whatever its own tick is
    private const int Parent = 1; // fields of /proc/PID/stat after the name, which may hold spaces
    private const int User = 11;
    private const int ChildrenOfSystem = 14;

    /// <summary>Time of a process and its direct children, ended ones included.</summary>
    public static TimeSpan OfFamily(int process)
    {
        double ticks = 0;
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int id) && Fields(id) is { } fields && (id == process || fields[Parent] == process.ToString(CultureInfo.InvariantCulture)))
            {
                int last = id == process ? ChildrenOfSystem : User + 1;
                ticks += fields[User..(last + 1)].Sum(f => double.Parse(f, CultureInfo.InvariantCulture));
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksASecond);
    }

    private static string[]? Fields(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended since the directory was listed
        }
    }
}
