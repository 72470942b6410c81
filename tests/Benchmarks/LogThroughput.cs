using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>
/// One step prints lines of 100 bytes as fast as it can; measured from the step's start until the server has the log whole and complete, on
/// PostgreSQL. The lines differ from each other as those of a service's log do. The stored log is then read back and compared by SHA-256.
/// </summary>
internal static class LogThroughput
{
    private const int LineBytes = 100;
    private const string Cat = "/usr/bin/cat";
    private const double Least = 300_000;

    /// <summary>PostgreSQL alone.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        ChildProcess agent = await orbit.StartAgentAsync(apiSlots: 4, $"{Cat} **");
        string source = Path.Combine(orbit.WorkDirectory, "lines.txt");
        byte[] expected = WriteLines(source, scale.LogLines);
        string warmUp = Path.Combine(orbit.WorkDirectory, "warm-up.txt");
        WriteLines(warmUp, Math.Min(scale.LogLines, 100_000));
        double ceiling = scale.LogLines / await CopyAsync(source, scratch.PathOf("copy.txt"));

        var runs = new RunService.RunServiceClient(orbit.Calls);
        await UploadAsync(runs, await orbit.CreateCommandItemAsync("warm-up", Cat, warmUp), new FileInfo(warmUp).Length);
        (TimeSpan server, TimeSpan worker, TimeSpan database) = (orbit.Server.ProcessorTime(), agent.ProcessorTime(), orbit.Postgres!.ProcessorTime());
        (long run, double seconds) = await UploadAsync(runs, await orbit.CreateCommandItemAsync("lines", Cat, source), new FileInfo(source).Length);
        double serverSeconds = (orbit.Server.ProcessorTime() - server).TotalSeconds;
        double agentSeconds = (agent.ProcessorTime() - worker).TotalSeconds;
        double databaseSeconds = (orbit.Postgres!.ProcessorTime() - database).TotalSeconds;
        double readSeconds = await ReadBackAsync(runs, run, expected);
        return
        [
            new("log lines complete at the server, PostgreSQL", scale.LogLines / seconds, "lines/s")
            {
                Ceiling = ceiling,
                CeilingIs = "the same command into a file",
                Limit = Least,
                MoreIsBetter = true,
            },
            new("  read back, SHA-256 equal", scale.LogLines / readSeconds, "lines/s"),
            new("  processor time of the control plane", serverSeconds, "s"),
            new("  processor time of the agent", agentSeconds, "s"),
            new("  processor time of PostgreSQL", databaseSeconds, "s"),
            new("  all of that on all cores allows", Environment.ProcessorCount * scale.LogLines / (serverSeconds + agentSeconds + databaseSeconds), "lines/s"),
        ];
    }

    /// <summary>Triggers, and waits until the log is complete; the run, and seconds since the step began.</summary>
    private static async Task<(long Run, double Seconds)> UploadAsync(RunService.RunServiceClient runs, long item, long length)
    {
        long began = Stopwatch.GetTimestamp();
        Run run = await runs.TriggerDeployTestAsync(new TriggerDeployTestRequest { TestItemId = item });
        while (true)
        {
            LogStream? log = (await runs.ListLogsAsync(new ListLogsRequest { RunId = run.Id })).Logs.FirstOrDefault(l => l.Step == "test");
            if (log is { Complete: true })
            {
                DateTimeOffset now = TimeProvider.System.GetUtcNow();
                run = await runs.GetRunAsync(new GetRunRequest { Id = run.Id });
                return log.Length == length
                    ? (run.Id, (now - run.Steps.Single(s => s.Name == "test").StartedAt.ToDateTimeOffset()).TotalSeconds)
                    : throw new InvalidOperationException($"The log has {log.Length} bytes, {log.Dropped} dropped; written were {length}. {run.Error}");
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(10))
            {
                throw new InvalidOperationException($"The log is not complete: {log}");
            }

            await Task.Delay(50);
        }
    }

    private static async Task<double> ReadBackAsync(RunService.RunServiceClient runs, long run, byte[] expected)
    {
        long clock = Stopwatch.GetTimestamp();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using AsyncServerStreamingCall<LogChunk> log = runs.FollowLog(new FollowLogRequest { RunId = run, Step = "test" });
        while (await log.ResponseStream.MoveNext(CancellationToken.None))
        {
            hash.AppendData(log.ResponseStream.Current.Data.Span);
        }

        double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        return hash.GetHashAndReset().AsSpan().SequenceEqual(expected)
            ? seconds
            : throw new InvalidOperationException("What was read back is not what the step printed.");
    }

    /// <summary>Writes lines like those of a service: a time, a level, an id, a number; returns the file's SHA-256.</summary>
    private static byte[] WriteLines(string path, int count)
    {
        string[] levels = ["INFO ", "INFO ", "INFO ", "WARN ", "DEBUG"];
        var random = new Random(1);
        var text = new StringBuilder();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream file = File.Create(path);
        for (int i = 0; i < count; i++)
        {
            int begin = text.Length;
            text.Append(CultureInfo.InvariantCulture, $"2026-01-01 {i / 3_600_000 % 24:00}:{i / 60_000 % 60:00}:{i / 1000 % 60:00}.{i % 1000:000} {levels[random.Next(5)]} [worker-{random.Next(16):00}] request {random.NextInt64():x16} served in {random.Next(5000)} us ");
            text.Append('.', LineBytes - 1 - (text.Length - begin)).Append('\n');
            if (text.Length > 1 << 20 || i == count - 1)
            {
                byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
                hash.AppendData(bytes);
                file.Write(bytes);
                text.Clear();
            }
        }

        return hash.GetHashAndReset();
    }

    private static async Task<double> CopyAsync(string source, string target)
    {
        long clock = Stopwatch.GetTimestamp();
        using Process process = Process.Start("/bin/sh", ["-c", "cat \"$1\" | cat >\"$2\"", "copy", source, target]);
        await process.WaitForExitAsync();
        double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        File.Delete(target);
        return seconds;
    }
}
