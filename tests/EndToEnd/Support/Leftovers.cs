using System.Diagnostics;
using System.Globalization;

namespace Orbit.EndToEnd.Support;

/// <summary>Processes that work below a directory of a test: services that were started, commands that outlived their agent.</summary>
internal static class Leftovers
{
    /// <summary>Their pids.</summary>
    public static List<int> Below(string directory)
    {
        List<int> found = [];
        foreach (string process in Directory.GetDirectories("/proc").Where(p => p.Length > 6 && char.IsAsciiDigit(p[6])))
        {
            try
            {
                string at = new FileInfo(Path.Combine(process, "cwd")).LinkTarget ?? "";
                if (at == directory || at.StartsWith(directory + "/", StringComparison.Ordinal))
                {
                    found.Add(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // it ended meanwhile
            }
        }

        return found;
    }

    /// <summary>Ends them.</summary>
    public static void EndBelow(string directory)
    {
        foreach (int pid in Below(directory))
        {
            try
            {
                using Process process = Process.GetProcessById(pid);
                process.Kill();
                process.WaitForExit(5000);
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                // it ended meanwhile
            }
        }
    }
}
