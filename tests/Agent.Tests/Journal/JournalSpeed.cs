using System.Diagnostics;
using Orbit.Agent.Journal;
using Xunit.Abstractions;

namespace Orbit.Agent.Tests.Journal;

/// <summary>Prints what an append costs on this machine; fails only when it is wrong by an order of magnitude.</summary>
public sealed class JournalSpeed(ITestOutputHelper output)
{
    [Fact]
    public async Task A_single_append_costs_little_more_than_its_sync()
    {
        using TemporaryDirectory directory = new();
        await using AgentJournal journal = AgentJournal.Open(directory["journal"]).Journal;
        Guid assignment = Guid.CreateVersion7();
        byte[] payload = new byte[200];
        double[] microseconds = new double[400];
        for (int i = -100; i < microseconds.Length; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            await journal.AppendAsync(assignment, 1, payload);
            if (i >= 0)
            {
                microseconds[i] = Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
            }
        }

        Array.Sort(microseconds);
        output.WriteLine($"append: p50 {microseconds[200]:F0} us, p95 {microseconds[380]:F0} us");

        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (int i = 0; i < 200; i++)
            {
                await journal.AppendAsync(assignment, 1, payload);
            }
        }));
        double rate = 64 * 200 / Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine($"64 callers: {rate:F0} appends/s");

        Assert.True(microseconds[200] < 20_000, $"p50 {microseconds[200]} us");
        Assert.True(rate > 1000, $"{rate} appends/s");
    }
}
