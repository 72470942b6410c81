using System.Globalization;
using Orbit.Agent.Plans;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;
using Orbit.Agent.Secrets;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Steps;

/// <summary>A command that a step runs.</summary>
internal sealed record StepCommand
{
    /// <summary>Program first; a path, relative to the directory when it has a slash, or a name that is looked for on the fixed PATH.</summary>
    public required IReadOnlyList<string> Argv { get; init; }

    /// <summary>Working directory, absolute.</summary>
    public required string Directory { get; init; }

    /// <summary>Variables of the plan for this command alone; the host's policy judges them.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the agent's own; they win over all.</summary>
    public IReadOnlyDictionary<string, string> Own { get; init; } = new Dictionary<string, string>();

    /// <summary>Which command of the step this is, from 1.</summary>
    public int Number { get; init; } = 1;

    /// <summary>What lives on after the command is left alone; otherwise it is ended with the command.</summary>
    public bool MayLeaveProcesses { get; init; }

    /// <summary>0 to 19; a higher number gets less processor time.</summary>
    public int Nice { get; init; }
}

/// <summary>How a command of a step ended.</summary>
/// <param name="End">How the process ended.</param>
/// <param name="Stopped">Why it was ended from outside; none when it ended by itself.</param>
internal sealed record CommandEnd(ProcessEnd End, StopCause Stopped);

/// <summary>
/// Runs the commands of steps: never one twice, in a session of its own, with output to the step's log; takes up again what an earlier
/// process of this agent has started; ends the whole tree when the step is to end.
/// </summary>
internal sealed class CommandRunner(HostPolicy policy, TimeProvider time)
{
    private const long DiscardEvery = 64 * 1024 * 1024;
    private const string Number = "number";
    private const string LogBase = "log-base";
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(5);

    /// <summary>Runs a command to its end, or takes it up again.</summary>
    /// <exception cref="ProcessStartException">It could not be started; nothing was.</exception>
    /// <exception cref="AgentLeavesException">The agent leaves; the command goes on.</exception>
    public async Task<CommandEnd> RunAsync(StepContext context, StepCommand command)
    {
        if (TakeUp(context, command, out RunningProcess? process) is { } unknown)
        {
            return unknown;
        }

        if (process is null)
        {
            process = StepProcess.Start(SpecOf(context, command));
            FailPoint.Pass($"{context.Name}.spawned");
        }

        // Also of a command that was taken up without it: where its output begins in the log must be known before any of it is there.
        Task remembered = context.Facts.Last(context.Name, StepFact.Process, Number, Text(command.Number)) is null
            ? context.RememberAsync(StepFact.Process, ("process", process.Identity.ToString()), (Number, Text(command.Number)), (LogBase, Text(context.Log.Length)))
            : Task.CompletedTask;
        Task copied = CopyOutputAsync(context, command, process, remembered);
        CommandEnd end;
        try
        {
            end = await WaitAsync(context, process);
        }
        finally
        {
            await copied;
        }

        Explain(context, end);
        await LetGoAsync(context, command, process, end);
        return end.Stopped == StopCause.Fenced ? throw new PlanFencedException() : end;
    }

    /// <summary>Secret variables of the plan, in clear.</summary>
    public static Dictionary<string, string> SecretsFor(DeployWork work, bool testOnly) =>
        work.Secrets.Where(secret => secret.TestOnly == testOnly).ToDictionary(secret => secret.Name, secret => secret.Value);

    private ProcessSpec SpecOf(StepContext context, StepCommand command)
    {
        StepFolder.Make(context.Folder.Temporary, policy.RunAs);
        Dictionary<string, string> own = new(command.Own)
        {
            ["ORBIT_RUN_ID"] = Text(context.Work.RunId),
            ["ORBIT_ATTEMPT"] = Text(context.Work.Attempt),
            ["ORBIT_SERVICE"] = context.Work.Service,
            ["ORBIT_INSTALL_DIR"] = context.Work.InstallDir,
            ["ORBIT_BUILD"] = context.Work.BuildName,
        };
        return new ProcessSpec
        {
            StepId = context.StepId,
            FileName = policy.RequireCommand(command.Argv, command.Directory),
            Arguments = [.. command.Argv.Skip(1)],
            WorkingDirectory = command.Directory,
            Environment = StepEnvironment.Build(policy.StepUser, context.Folder.Temporary, [context.Work.Env, SecretsFor(context.Work, testOnly: false), command.Variables], own),
            OutputFile = context.Folder.Output(context.Name, command.Number),
            ExitFile = context.Folder.Exit(context.Name, command.Number),
            RunAs = policy.RunAs,
            Limits = new ProcessLimits { Nice = command.Nice },
        };
    }

    /// <summary>Finds the command of an earlier process of this agent.</summary>
    /// <returns>The end, when nobody can know it.</returns>
    private static CommandEnd? TakeUp(StepContext context, StepCommand command, out RunningProcess? process)
    {
        process = null;
        if (!context.IsResumed)
        {
            return null;
        }

        string exitFile = context.Folder.Exit(context.Name, command.Number);
        StepFact? remembered = context.Facts.Last(context.Name, StepFact.Process, Number, Text(command.Number));
        if (remembered is not null && ProcessIdentity.TryParse(remembered.Values["process"], out ProcessIdentity? identity))
        {
            process = RunningProcess.Reattach(identity, context.StepId, exitFile);
        }
        else if (File.Exists(exitFile))
        {
            process = StepProcess.Find(context.StepId, exitFile);
        }
        else if (context.Fact(StepFact.Intent)?.Values["boot"] == ProcessIdentity.CurrentBootId)
        {
            return null; // the file comes before the command, so the command was never begun
        }

        if (process is null)
        {
            return new CommandEnd(new ProcessEnd(ProcessOutcome.Unknown, null, "There is no trace of how it ended."), StopCause.None);
        }

        context.Logger.Reattached(context.Assignment.Id, context.Name, process.Identity.ToString());
        return null;
    }

    private static async Task<CommandEnd> WaitAsync(StepContext context, RunningProcess process)
    {
        Task<ProcessEnd> ended = process.WaitAsync(CancellationToken.None);
        try
        {
            return new CommandEnd(await ended.WaitAsync(context.Stop.Token), StopCause.None);
        }
        catch (OperationCanceledException) when (context.Stop.Cause != StopCause.None)
        {
            if (context.Stop.Cause == StopCause.Leaving)
            {
                throw new AgentLeavesException();
            }

            KillReport report = await process.KillAsync(context.Stop.Grace, context.Stop.Leaving);
            if (report.Left.Count > 0)
            {
                context.Logger.ProcessesLeft(context.Assignment.Id, context.Name, report.Left.Count);
            }

            return new CommandEnd(report.End, context.Stop.Cause);
        }
    }

    /// <summary>Takes what the command writes over into the step's log. Begins when the journal knows where in the log that is.</summary>
    private async Task CopyOutputAsync(StepContext context, StepCommand command, RunningProcess process, Task remembered)
    {
        await remembered;
        StepFact? fact = context.Facts.Last(context.Name, StepFact.Process, Number, Text(command.Number));
        long begin = fact is null ? context.Log.Length : long.Parse(fact.Values[LogBase], CultureInfo.InvariantCulture);
        long offset = Math.Max(0, context.Log.Length - begin);
        Task<ProcessEnd> ended = process.WaitAsync(CancellationToken.None);
        using StepOutput output = StepOutput.Open(context.Folder.Output(context.Name, command.Number), offset, ended, offset + context.Log.Room, time);
        byte[] buffer = new byte[StepOutput.MaxPieceBytes];
        long discarded = offset;
        SecretStream hiding = new(context.Assignment.Secrets, context.Log.Append);
        try
        {
            for (OutputPiece piece; (piece = await output.ReadAsync(buffer, context.Stop.Leaving)).Kind != OutputKind.End;)
            {
                if (piece.Kind == OutputKind.Dropped)
                {
                    hiding.Flush();
                    context.Log.Drop(piece.Count);
                    continue;
                }

                hiding.Add(buffer.AsSpan(0, (int)piece.Count));
                if (output.Offset - discarded > DiscardEvery)
                {
                    // Only what the log has: the rest may wait for its other half, and is read again after a restart.
                    output.Discard(discarded = Math.Min(output.Offset, context.Log.Length - begin));
                }
            }

            hiding.Flush();
        }
        catch (OperationCanceledException) when (context.Stop.Leaving.IsCancellationRequested)
        {
            // the next start of the agent goes on where the log ends
        }
    }

    private static void Explain(StepContext context, CommandEnd end)
    {
        if (end.Stopped is not (StopCause.None or StopCause.Fenced))
        {
            context.Log.Remark($"{StepEnds.Of(end.Stopped, context.Assignment, context.Name, context.Limit).Reason}: ended by SIGTERM, or by SIGKILL after {context.Stop.Grace.TotalSeconds:0.#} s.");
        }
    }

    private static async Task LetGoAsync(StepContext context, StepCommand command, RunningProcess process, CommandEnd end)
    {
        if (end.Stopped != StopCause.None)
        {
            return; // all of it was ended
        }

        if (command.MayLeaveProcesses)
        {
            foreach (SurvivingProcess survivor in process.ReleaseSurvivors())
            {
                context.Log.Remark($"lives on: process {survivor.Identity.Pid} ({survivor.CommandLine})");
            }

            return;
        }

        IReadOnlyList<ProcessIdentity> left = process.Survivors();
        if (left.Count > 0)
        {
            context.Log.Remark($"{left.Count} processes outlived the command and are ended.");
            _ = await process.KillAsync(LeftoverGrace, context.Stop.Leaving);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
