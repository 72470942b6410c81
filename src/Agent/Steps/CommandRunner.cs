using Orbit.Agent.Plans;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Steps;

/// <summary>A command that a step runs.</summary>
internal sealed record StepCommand
{
    /// <summary>Program first; an absolute path, or a name that is looked for on the fixed PATH.</summary>
    public required IReadOnlyList<string> Argv { get; init; }

    /// <summary>Working directory, absolute.</summary>
    public required string Directory { get; init; }

    /// <summary>Variables over the clean environment.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

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
internal sealed class CommandRunner(TimeProvider time)
{
    private static readonly TimeSpan LookAtLogEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(5);

    /// <summary>The PATH of every command.</summary>
    public const string FixedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The environment that a command of a step gets, before its own variables.</summary>
    public static Dictionary<string, string> CleanEnvironment(StepContext context)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = FixedPath,
            ["LANG"] = "C.UTF-8",
            ["HOME"] = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? home : "/",
            ["ORBIT_RUN_ID"] = context.Work.RunId.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["ORBIT_ATTEMPT"] = context.Work.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["ORBIT_SERVICE"] = context.Work.Service,
            ["ORBIT_INSTALL_DIR"] = context.Work.InstallDir,
            ["ORBIT_BUILD"] = context.Work.BuildName,
        };
        foreach ((string name, string value) in context.Work.Env)
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>Runs a command to its end, or takes it up again.</summary>
    /// <exception cref="ProcessStartException">It could not be started; nothing was.</exception>
    /// <exception cref="AgentLeavesException">The agent leaves; the command goes on.</exception>
    public async Task<CommandEnd> RunAsync(StepContext context, StepCommand command)
    {
        Task remembered = Task.CompletedTask;
        if (TakeUp(context, command, out RunningProcess? process) is { } unknown)
        {
            return unknown;
        }

        if (process is null)
        {
            process = StepProcess.Start(SpecOf(context, command));
            FailPoint.Pass($"{context.Name}.spawned");
            remembered = context.RememberAsync(StepFact.Process, ("process", process.Identity.ToString()), ("number", Text(command.Number)));
        }

        CommandEnd end = await WaitAsync(context, process);
        await remembered;
        await LetGoAsync(context, command, process, end);
        return end;
    }

    private static ProcessSpec SpecOf(StepContext context, StepCommand command)
    {
        Dictionary<string, string> environment = CleanEnvironment(context);
        foreach ((string name, string value) in command.Variables)
        {
            environment[name] = value;
        }

        return new ProcessSpec
        {
            StepId = context.StepId,
            FileName = command.Argv[0],
            Arguments = [.. command.Argv.Skip(1)],
            WorkingDirectory = command.Directory,
            Environment = environment,
            OutputFile = context.Log.Path,
            ExitFile = context.Folder.Exit(context.Name, command.Number),
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
        StepFact? remembered = context.Before.LastOrDefault(fact => fact.Kind == StepFact.Process && fact.Values["number"] == Text(command.Number));
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

    private async Task<CommandEnd> WaitAsync(StepContext context, RunningProcess process)
    {
        Task<ProcessEnd> ended = process.WaitAsync(CancellationToken.None);
        using var watching = new CancellationTokenSource();
        Task watch = LogLimit.KeepAsync(context.Log, ended, LookAtLogEvery, time, watching.Token);
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

            if (context.Stop.Cause == StopCause.Fenced)
            {
                throw new PlanFencedException();
            }

            context.Log.Remark($"{StepEnds.Of(context.Stop.Cause, context.Assignment, context.Name, default).Reason}: SIGTERM now, SIGKILL after {context.Stop.Grace.TotalSeconds:0.#} s.");
            KillReport report = await process.KillAsync(context.Stop.Grace, context.Stop.Leaving);
            if (report.Left.Count > 0)
            {
                context.Logger.ProcessesLeft(context.Assignment.Id, context.Name, report.Left.Count);
            }

            return new CommandEnd(report.End, context.Stop.Cause);
        }
        finally
        {
            await watching.CancelAsync();
            await watch;
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

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
