using System.CommandLine;
using Orbit.Cli.Logs;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>logs</c>.</summary>
internal static class LogCommand
{
    /// <summary>How long a log waits for a server that went away, as a watch does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static Command Logs(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("RUN", "The run's id.");
        Option<string> step = Inputs.Text("--step", "Only this step's log, e.g. test; all steps one after the other when unset.", "STEP");
        Option<bool> follow = Inputs.Flag("--follow", "Stay and write what comes until the run or the step has ended.");
        follow.Aliases.Add("-f");
        Option<long?> tail = Inputs.Number("--tail", "Begin so many bytes before the end (of the newest step unless --step names one).", "BYTES", 1);
        tail.Aliases.Add("-n");
        Option<string> grep = Inputs.Text("--grep", "Only lines with this text, ignoring case.", "TEXT");
        Option<long?> attempt = Inputs.Number("--attempt", "The attempt; the newest when unset.", "N", 1, int.MaxValue);
        Option<bool> list = Inputs.Flag("--list", "List which step's log holds how much, instead.");
        var logs = new Command("logs", "Write a run's log as its steps wrote it.") { id, step, follow, tail, grep, attempt, list };
        return runner.On(logs, async context =>
        {
            int number = (int)(context.Get(attempt) ?? 0);
            if (context.Get(list) || context.Report.Json)
            {
                await ListAsync(context, context.Get(id), number);
                return ExitCodes.Passed;
            }

            if (context.Given(grep) && context.Given(tail))
            {
                throw new UsageException("--grep and --tail exclude each other");
            }

            string name = context.Get(step) ?? "";
            if (name.Length == 0 && context.Given(tail))
            {
                name = await NewestStepAsync(context, context.Get(id), number);
            }

            var query = new LogQuery(context.Get(id), name, context.Get(follow), context.Get(tail) ?? 0, context.Get(grep) ?? "", number);
            bool whole = await new LogReader(context.Server, context.Shell, query, Patience).CopyAsync(context.Stop);
            if (!whole)
            {
                context.Shell.Error.WriteLine("orbit: the server stayed out of reach; the log is not complete (UNAVAILABLE)");
            }

            return whole ? ExitCodes.Passed : ExitCodes.Unknown;
        });
    }

    private static async Task ListAsync(CommandContext context, long run, int attempt)
    {
        ListLogsResponse answer = await context.Server.Runs.ListLogsAsync(new() { RunId = run, Attempt = attempt }, context.Server.Call(context.Stop));
        context.Report.Show(answer, () => context.Report.Columns(
            ["STEP", "BYTES", "LINES", "COMPLETE", "DROPPED"],
            [.. answer.Logs.Select(log => new Span[] { log.Step, $"{log.Length}", $"{log.Lines}", log.Complete ? "yes" : "no", log.Dropped > 0 ? $"{log.Dropped}" : "" })]));
    }

    private static async Task<string> NewestStepAsync(CommandContext context, long run, int attempt)
    {
        ListLogsResponse answer = await context.Server.Runs.ListLogsAsync(new() { RunId = run, Attempt = attempt }, context.Server.Call(context.Stop));
        return answer.Logs.LastOrDefault()?.Step ?? throw new UsageException($"run {run} has no log yet", "NO_LOG");
    }
}
