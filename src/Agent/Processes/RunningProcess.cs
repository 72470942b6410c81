using System.Diagnostics;

namespace Orbit.Agent.Processes;

/// <summary>
/// A command that was started, by this agent or by the one before it. Safe to wait for from several places; it is not disposed, because
/// nothing is held that would keep the command from living on.
/// </summary>
internal sealed class RunningProcess
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(2);
    private readonly ExitWatch _watch;
    private readonly ProcessTree _tree;
    private readonly Lazy<Task<ProcessEnd>> _end;
    private readonly bool _isChild;
    private bool _released;

    internal RunningProcess(ProcessIdentity identity, Guid stepId, string exitFile, bool isChild, ExitWatch? watch = null)
    {
        (Identity, StepId, ExitFile, _isChild) = (identity, stepId, exitFile, isChild);
        _watch = watch ?? ExitWatch.Shared;
        _tree = new ProcessTree(identity, stepId);
        _end = new Lazy<Task<ProcessEnd>>(EndAsync);
        if (isChild)
        {
            _ = _end.Value; // somebody must take notice of its end, or it stays as a dead entry
        }
    }

    /// <summary>The supervisor. To be journalled as soon as the start has returned.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>The step that it belongs to.</summary>
    public Guid StepId { get; }

    /// <summary>Where the supervisor records the exit code.</summary>
    public string ExitFile { get; }

    /// <summary>Whether the command has not ended yet.</summary>
    public bool IsRunning => Identity.IsAlive();

    /// <summary>
    /// Takes up a command of an earlier life of the agent. Never fails: when process and exit file are gone the end is
    /// <see cref="ProcessOutcome.Unknown"/>.
    /// </summary>
    public static RunningProcess Reattach(ProcessIdentity identity, Guid stepId, string exitFile) => new(identity, stepId, exitFile, isChild: false);

    /// <summary>Completes when the command has ended, however much of what it started lives on. Cancelling ends the waiting alone.</summary>
    public Task<ProcessEnd> WaitAsync(CancellationToken ct) => _end.Value.WaitAsync(ct);

    /// <summary>What the step has started and what lives on. Empty after a clean end.</summary>
    public IReadOnlyList<ProcessIdentity> Survivors() => [.. _tree.Members().Select(Identify)];

    /// <summary>
    /// Declares that what lives on is the service that the step was to start: nothing of it is ever signalled through this object again.
    /// Later steps have sessions and markers of their own and do not see it.
    /// </summary>
    /// <returns>The survivors with their command lines, for the record.</returns>
    public IReadOnlyList<SurvivingProcess> ReleaseSurvivors()
    {
        _released = true;
        return [.. _tree.Members().Select(one => new SurvivingProcess(Identify(one), ProcessStatus.CommandLine(one.Pid)))];
    }

    /// <summary>
    /// Ends the command and all it has started: TERM to the group and to those that left it, after the grace KILL to each that remains.
    /// Returns when a last look finds nobody, or names who is left. Safe to repeat, and fine after the end.
    /// </summary>
    /// <param name="grace">Time to end by themselves; zero kills at once.</param>
    /// <param name="ct">Cuts the grace short; the killing itself is not given up.</param>
    /// <exception cref="InvalidOperationException">The survivors were released.</exception>
    public async Task<KillReport> KillAsync(TimeSpan grace, CancellationToken ct)
    {
        if (_released)
        {
            throw new InvalidOperationException($"The processes of step {StepId} were released and are not signalled any more.");
        }

        if (grace > TimeSpan.Zero)
        {
            Terminate();
            await WaitForNobodyAsync(grace, ct);
        }

        bool forced = await KillMembersAsync();
        ProcessEnd end = await EndOfSupervisorAsync();
        forced |= await KillMembersAsync();
        return new KillReport(end, forced, Survivors());
    }

    private static ProcessIdentity Identify(ProcessStatus one) => new(one.Pid, one.StartTicks, ProcessIdentity.CurrentBootId);

    private void Terminate()
    {
        if (Identity.IsAlive())
        {
            // While its leader lives the number of the group is this group. The supervisor catches the signal.
            _ = Native.Kill(-Identity.Pid, Native.SigTerm);
            _ = Native.Kill(-Identity.Pid, Native.SigCont);
        }

        foreach (ProcessStatus member in _tree.Members().Where(one => one.Group != Identity.Pid))
        {
            ProcessTree.Signal(member, Native.SigTerm);
            ProcessTree.Signal(member, Native.SigCont);
        }
    }

    private async Task WaitForNobodyAsync(TimeSpan grace, CancellationToken ct)
    {
        long begun = Stopwatch.GetTimestamp();
        try
        {
            _ = await _end.Value.WaitAsync(grace, ct);
            // The command is gone; what it left behind has the rest of the grace.
            for (int pause = 5; Stopwatch.GetElapsedTime(begun) < grace && _tree.Members().Count > 0; pause = Math.Min(pause * 2, 100))
            {
                await Task.Delay(pause, ct);
            }
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // the grace is over
        }
    }

    /// <returns>Whether there was anybody.</returns>
    private async Task<bool> KillMembersAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        List<ProcessStatus> members = _tree.Members();
        bool forced = members.Count > 0;
        for (int round = 0; members.Count > 0 && Stopwatch.GetElapsedTime(begun) < KillLimit; round++)
        {
            if (members.TrueForAll(one => one.IsStopped) || round % 4 == 3)
            {
                members.ForEach(one => ProcessTree.Signal(one, Native.SigKill));
            }
            else
            {
                // Stop all before killing any: a stopped process forks no more and still counts against the limit of processes.
                members.ForEach(one => ProcessTree.Signal(one, Native.SigStop));
            }

            await Task.Delay(round < 8 ? 1 : 20, CancellationToken.None);
            members = _tree.Members();
        }

        return forced;
    }

    private async Task<ProcessEnd> EndOfSupervisorAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(_end.Value, Task.Delay(20, CancellationToken.None)) != _end.Value)
        {
            // It may have been about to begin the command when the others were killed.
            _ = await KillMembersAsync();
            if (Stopwatch.GetElapsedTime(begun) > RecordLimit && Identity.TryStatus(out ProcessStatus status))
            {
                ProcessTree.Signal(status, Native.SigKill); // stopped, or waiting for a command that nobody can kill
            }
        }

        return await _end.Value;
    }

    private async Task<ProcessEnd> EndAsync()
    {
        await _watch.WaitAsync(Identity);
        if (_isChild)
        {
            _ = Native.WaitPid(Identity.Pid, out _, 1 /* WNOHANG */);
        }

        ExitRecord record = ExitRecord.Read(ExitFile);
        return record.End ?? new ProcessEnd(ProcessOutcome.Unknown, null, record.Supervisor is null
            ? "There is no record of its end."
            : "Its supervisor was killed, or the host went down, before its end was recorded.");
    }
}

/// <summary>A process that outlives its step on purpose.</summary>
internal sealed record SurvivingProcess(ProcessIdentity Identity, string CommandLine);
