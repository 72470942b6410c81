using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Processes;

/// <summary>
/// Everything that a step's command has started and that still lives: its session and group, whatever carries the step's marker in its
/// environment (a new session does not shake that off), and the children of those.
/// </summary>
internal sealed class ProcessTree(ProcessIdentity supervisor, Guid stepId)
{
    private readonly byte[] _marker = StepProcess.MarkerOf(stepId);

    /// <summary>Living processes of the step without its supervisor.</summary>
    public List<ProcessStatus> Members()
    {
        List<ProcessStatus> all = ProcessStatus.All();
        bool sessionIsOurs = SessionIsOurs(all);
        HashSet<int> members = [];
        foreach (ProcessStatus one in all)
        {
            // Nothing of the step is older than its supervisor, which saves reading the environment of most processes.
            bool sameBoot = supervisor.BootId == ProcessIdentity.CurrentBootId;
            if (IsCandidate(one) && (!sameBoot || one.StartTicks >= supervisor.StartTicks)
                && ((sessionIsOurs && (one.Session == supervisor.Pid || one.Group == supervisor.Pid)) || ProcessStatus.HasVariable(one.Pid, _marker)))
            {
                _ = members.Add(one.Pid);
            }
        }

        while (all.Exists(one => members.Contains(one.Parent) && IsCandidate(one) && members.Add(one.Pid)))
        {
            // children of members, and theirs
        }

        return [.. all.Where(one => members.Contains(one.Pid))];
    }

    /// <summary>Sends a signal to a process if it still is the one that was seen.</summary>
    public static void Signal(ProcessStatus seen, int signal)
    {
        using SafeFileHandle handle = Native.OpenPidFd(seen.Pid, out int error);
        if (!ProcessStatus.TryRead(seen.Pid, out ProcessStatus now) || now.StartTicks != seen.StartTicks)
        {
            return;
        }

        if (error == 0)
        {
            _ = Native.SendSignal(handle, signal);
        }
        else if (error == Native.NotImplemented)
        {
            _ = Native.Kill(seen.Pid, signal);
        }
    }

    private bool IsCandidate(ProcessStatus one) =>
        !one.IsDead && one.Pid > 1 && one.Pid != supervisor.Pid && one.Pid != Environment.ProcessId;

    /// <summary>
    /// The number of a session is not given to another process while a member lives. So it is ours while the supervisor is there, and also
    /// after it unless a stranger has the number now.
    /// </summary>
    private bool SessionIsOurs(List<ProcessStatus> all) =>
        supervisor.BootId == ProcessIdentity.CurrentBootId
        && !all.Exists(one => one.Pid == supervisor.Pid && one.StartTicks != supervisor.StartTicks);
}
