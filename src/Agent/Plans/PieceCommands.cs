using System.Diagnostics;
using System.Globalization;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;
using Orbit.Agent.Steps;
using Orbit.ApiTesting.Running;
using CommandEnd = Orbit.ApiTesting.Running.CommandEnd;

namespace Orbit.Agent.Plans;

/// <summary>
/// Runs programs of command and pytest cases: only what the host's policy allows, as the user of its steps, in a session of their own that
/// is ended with everything it has started. What they print goes to files that only this agent can replace.
/// </summary>
internal sealed class PieceCommands(Guid assignment, HostPolicy policy, WorkFolder folder) : ICommandRunner
{
    private const long MostOnDisk = 64 * 1024 * 1024;

    /// <summary>Standard error goes to a file of its own, so that JSON on standard output can be read; standard input comes from one.</summary>
    private const string Redirect = "exec 2>\"$1\" <\"$2\"; shift 2; exec \"$@\"";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);
    private int _number;

    /// <summary>Ends programs that an earlier process of this agent has started: their rows are given out anew.</summary>
    public static async Task EndThoseLeftAsync(Guid assignment, WorkFolder folder)
    {
        string exits = Path.GetDirectoryName(folder.Exit("api", 1))!;
        foreach (string file in Directory.Exists(exits) ? Directory.GetFiles(exits, "api-*") : [])
        {
            if (!Path.HasExtension(file) && StepProcess.Find(assignment, file) is { IsRunning: true } left)
            {
                _ = await left.KillAsync(Grace, CancellationToken.None);
            }
        }

        folder.Delete();
    }

    /// <inheritdoc />
    public async Task<CommandEnd> RunAsync(CommandStart start, CancellationToken ct)
    {
        (IReadOnlyList<string> arguments, TimeSpan limit) = (start.Arguments, start.Limit);
        long started = Stopwatch.GetTimestamp();
        try
        {
            folder.Create();
            ProcessSpec spec = SpecOf(start, Interlocked.Increment(ref _number), out string errors);
            StepProcess.PrepareOutput(errors, policy.RunAs);
            Offer(start.Input, InputOf(errors));
            RunningProcess process = StepProcess.Start(spec);
            string problem = await WaitAsync(process, spec.OutputFile, errors, started, limit, ct);
            bool timedOut = problem.Length == 0 && process.IsRunning;
            problem = timedOut ? $"'{arguments[0]}' did not end within {limit.TotalMilliseconds:0} ms and was ended" : problem;
            if (process.IsRunning || process.Survivors().Count > 0)
            {
                _ = await process.KillAsync(Grace, CancellationToken.None);
            }

            ProcessEnd end = await process.WaitAsync(CancellationToken.None);
            problem = problem.Length == 0 && end.ExitCode is null ? end.Detail ?? "nobody knows how it ended" : problem;
            return new(arguments, problem.Length == 0 ? end.ExitCode : null, Read(spec.OutputFile, CommandEnd.MostOutput), problem, Stopwatch.GetElapsedTime(started).TotalMilliseconds)
            {
                Errors = Read(errors, CommandEnd.MostErrors),
                Size = new FileInfo(spec.OutputFile).Length,
                ErrorClass = timedOut ? "timeout" : "command",
            };
        }
        catch (Exception refused) when (refused is PolicyRefusal or ProcessStartException)
        {
            return new(arguments, null, [], refused.Message, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static string InputOf(string errors) => Path.ChangeExtension(errors, ".in");

    private void Offer(byte[] input, string path)
    {
        if (input.Length > 0)
        {
            StepProcess.PrepareOutput(path, policy.RunAs);
            File.WriteAllBytes(path, input);
        }
    }

    private ProcessSpec SpecOf(CommandStart start, int number, out string errors)
    {
        StepFolder.Make(folder.Temporary, policy.RunAs);
        string at = start.Directory is null ? folder.Temporary : policy.RequirePath(start.Directory, "dir");
        string program = policy.RequireCommand(start.Arguments, at);
        IReadOnlyDictionary<string, string> variables = StepEnvironment.Build(
            policy.StepUser, folder.Temporary, [start.Environment.ToDictionary(v => v.Key, v => v.Value)], new Dictionary<string, string> { ["ORBIT_ROW_COMMAND"] = number.ToString(CultureInfo.InvariantCulture) });
        string output = folder.Output("api", number);
        errors = Path.ChangeExtension(output, ".err");
        return new()
        {
            StepId = assignment,
            FileName = "/bin/sh",
            Arguments = ["-c", Redirect, "sh", errors, start.Input.Length > 0 ? InputOf(errors) : "/dev/null", .. CommandFile.Resolve(program, variables), .. start.Arguments.Skip(1)],
            WorkingDirectory = at,
            Environment = variables,
            OutputFile = output,
            ExitFile = folder.Exit("api", number),
            RunAs = policy.RunAs,
        };
    }

    /// <returns>Why it must be ended; empty when it ended, or its time is over.</returns>
    private static async Task<string> WaitAsync(RunningProcess process, string output, string errors, long started, TimeSpan limit, CancellationToken ct)
    {
        Task<ProcessEnd> ended = process.WaitAsync(CancellationToken.None);
        while (!ended.IsCompleted)
        {
            TimeSpan left = limit - Stopwatch.GetElapsedTime(started);
            if (ct.IsCancellationRequested)
            {
                return "the run was stopped";
            }

            if (left <= TimeSpan.Zero)
            {
                return "";
            }

            if (new FileInfo(output).Length + new FileInfo(errors).Length > MostOnDisk)
            {
                return $"it printed more than {MostOnDisk} bytes and was ended";
            }

            _ = await Task.WhenAny(ended, Task.Delay(left < LookAgain ? left : LookAgain, ct));
        }

        return "";
    }

    private static byte[] Read(string path, int most)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[Math.Min(file.Length, most)];
        file.ReadExactly(bytes);
        return bytes;
    }
}
