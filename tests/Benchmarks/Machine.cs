namespace Orbit.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>One line: processor, cores, memory, runtime, time, load.</summary>
    public static string Describe()
    {
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
        long kilobytes = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        return $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {processor}, {Environment.ProcessorCount} cores, {kilobytes / 1_048_576} GiB, .NET {Environment.Version}, load average {Load()}";
    }

    /// <summary>Load averages over 1, 5 and 15 minutes. Figures from a machine that others use at the same time say little.</summary>
    public static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);
}
