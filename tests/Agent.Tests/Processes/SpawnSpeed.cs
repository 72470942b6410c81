using System.Diagnostics;
using System.Globalization;
using Orbit.Agent.Processes;
using Xunit.Abstractions;

namespace Orbit.Agent.Tests.Processes;

/// <summary>Prints how long it takes from the call to the command's own clock; fails only when it is wrong by an order of magnitude.</summary>
public sealed class SpawnSpeed(ITestOutputHelper output)
{
    [Fact]
    public async Task A_command_begins_soon_after_its_start()
    {
        using StepRoom room = new();
        List<double> toCommand = [];
        List<double> call = [];
        List<double> toEnd = [];
        for (int i = 0; i < 120; i++)
        {
            ProcessSpec spec = room.Spec("/bin/date", "+%s%N") with { OutputFile = Path.Combine(room.Directory, $"out-{i}") };
            long begun = (long)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds;
            long started = Stopwatch.GetTimestamp();
            RunningProcess running = StepProcess.Start(spec);
            double inCall = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            await running.WaitAsync(room.Limit);
            if (i >= 20)
            {
                call.Add(inCall);
                toEnd.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                toCommand.Add((long.Parse(File.ReadAllText(spec.OutputFile), CultureInfo.InvariantCulture) / 1000) - begun);
            }
        }

        output.WriteLine($"call {Median(call):F0} us, to the command's clock {Median(toCommand):F0} us, to its known end {Median(toEnd):F0} us (p50)");
        Assert.True(Median(toCommand) < 50_000);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
