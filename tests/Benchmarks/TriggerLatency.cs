using System.Diagnostics;
using System.Globalization;
using System.Text;
using Grpc.Core;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>
/// From the trigger call to the clock of the first step's command, on an idle system, one at a time. The command is <c>date +%s%N</c>: it
/// prints when it runs, and the time is read from the step's log afterwards. Nobody watches or polls before the command has run.
/// </summary>
internal static class TriggerLatency
{
    private const string Date = "/usr/bin/date";
    private const string Format = "+%s%N";
    private const double MedianLimit = 3;
    private const double TailLimit = 8;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(60); // longer than any sample: reads begin after it

    /// <summary>Both databases.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        List<Figure> figures = [];
        foreach (bool postgres in new[] { true, false })
        {
            await using var own = new Scratch();
            figures.AddRange(await MeasureAsync(scale, own, postgres));
        }

        return figures;
    }

    private static async Task<List<Figure>> MeasureAsync(Scale scale, Scratch scratch, bool postgres)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres);
        await orbit.StartAgentAsync(apiSlots: 4, $"{Date} {Format}");
        long item = await orbit.CreateCommandItemAsync("latency", Date, Format);
        var runs = new RunService.RunServiceClient(orbit.Calls);
        List<double> bare = [];
        List<double> started = [];
        List<double> answered = [];
        int warmUp = Math.Max(5, scale.Triggers / 5);
        for (int i = -warmUp; i < scale.Triggers; i++)
        {
            double spawn = await SpawnBareAsync();
            (double start, double answer) = await TriggerAsync(runs, item);
            if (i >= 0)
            {
                bare.Add(spawn);
                started.Add(start);
                answered.Add(answer);
            }
        }

        return Figures(postgres ? "PostgreSQL" : "SQLite", new(started), new(bare), new(answered), new(started.Zip(bare, (s, b) => s - b)));
    }

    private static List<Figure> Figures(string database, Samples started, Samples bare, Samples answered, Samples net)
    {
        const string Ceiling = "the same command started directly";
        return
        [
            new($"trigger to command's clock, {database}, p50", started.Median, "ms") { Ceiling = bare.Median, CeilingIs = Ceiling },
            new($"trigger to command's clock, {database}, p95", started.Percentile(95), "ms") { Ceiling = bare.Percentile(95), CeilingIs = Ceiling },
            new($"  less the command's own start, p50", net.Median, "ms") { Limit = MedianLimit },
            new($"  less the command's own start, p95", net.Percentile(95), "ms") { Limit = TailLimit },
            new($"  trigger call answered, {database}, p50", answered.Median, "ms"),
        ];
    }

    private static async Task<(double Started, double Answered)> TriggerAsync(RunService.RunServiceClient runs, long item)
    {
        DateTimeOffset called = TimeProvider.System.GetUtcNow();
        long clock = Stopwatch.GetTimestamp();
        Run run = await runs.TriggerDeployTestAsync(new TriggerDeployTestRequest { TestItemId = item });
        double answered = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        await Task.Delay(Quiet);
        while (run.Status is not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled))
        {
            await Task.Delay(10);
            run = await runs.GetRunAsync(new GetRunRequest { Id = run.Id });
        }

        if (run.Verdict is not Verdict.Passed)
        {
            throw new InvalidOperationException($"Run {run.Id} ended {run.Verdict}: {run.Error}");
        }

        return (Since(called, await LogOfAsync(runs, run.Id)), answered);
    }

    private static async Task<string> LogOfAsync(RunService.RunServiceClient runs, long run)
    {
        using AsyncServerStreamingCall<LogChunk> log = runs.FollowLog(new FollowLogRequest { RunId = run, Step = "test" });
        var text = new StringBuilder();
        while (await log.ResponseStream.MoveNext(CancellationToken.None))
        {
            text.Append(log.ResponseStream.Current.Data.ToStringUtf8());
        }

        return text.ToString();
    }

    private static async Task<double> SpawnBareAsync()
    {
        DateTimeOffset called = TimeProvider.System.GetUtcNow();
        using Process process = Process.Start(new ProcessStartInfo(Date, [Format]) { RedirectStandardOutput = true })!;
        string printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return Since(called, printed);
    }

    private static double Since(DateTimeOffset called, string printed)
    {
        long nanoseconds = long.Parse(printed.Trim(), CultureInfo.InvariantCulture);
        return (nanoseconds - ((called - DateTimeOffset.UnixEpoch).Ticks * 100)) / 1e6;
    }
}
