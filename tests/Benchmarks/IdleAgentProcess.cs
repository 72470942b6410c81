using System.Diagnostics;
using Orbit.Benchmarks.Rig;

namespace Orbit.Benchmarks;

/// <summary>Memory and processor time of a connected agent that has nothing to do.</summary>
internal static class IdleAgentProcess
{
    private const double MostMegabytes = 80;
    private const double MostPercent = 0.2;

    /// <summary>One agent, default timing.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: false);
        ChildProcess agent = await orbit.StartAgentAsync(apiSlots: 4);
        await Task.Delay(scale.Settle / 3); // the work of starting is over
        TimeSpan before = agent.ProcessorTime();
        long clock = Stopwatch.GetTimestamp();
        await Task.Delay(scale.IdleTime);
        double percent = 100 * (agent.ProcessorTime() - before) / Stopwatch.GetElapsedTime(clock);
        (long resident, long share) = agent.Memory();
        return
        [
            new("idle agent, resident memory", resident / 1e6, "MB") { Limit = MostMegabytes },
            new("  of that not shared with other processes (PSS)", share / 1e6, "MB"),
            new("idle agent, processor", percent, "% of one") { Limit = MostPercent },
        ];
    }
}
