using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orbit.Agent.Processes;

/// <summary>
/// Tells when processes end, whoever their parent is. One thread sleeps in <c>poll</c> on a handle of each; on kernels without such handles
/// (before 5.3) every process is looked at 20 times a second instead.
/// </summary>
internal sealed class ExitWatch
{
    private const int LookEveryMs = 50;
    private readonly Lock _gate = new();
    private readonly List<Watched> _watched = [];
    private readonly SafeFileHandle _wake;
    private readonly bool _withHandles;

    public ExitWatch(bool withHandles = true)
    {
        using SafeFileHandle probe = Native.OpenPidFd(Environment.ProcessId, out _);
        _withHandles = withHandles && !probe.IsInvalid;
        _wake = Native.EventFd(0, 0x80000 | 0x800 /* EFD_CLOEXEC | EFD_NONBLOCK */);
        if (_wake.IsInvalid)
        {
            throw new InvalidOperationException($"eventfd: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        new Thread(Run) { IsBackground = true, Name = "process-exits" }.Start();
    }

    /// <summary>For the whole process.</summary>
    public static ExitWatch Shared { get; } = new();

    /// <summary>Completes when the process has ended; at once when it is not there any more.</summary>
    public Task WaitAsync(ProcessIdentity identity)
    {
        SafeFileHandle? handle = _withHandles ? Native.OpenPidFd(identity.Pid, out _) : null;
        // The handle first, then the start time: so it is the handle of the process that is meant.
        if (!identity.IsAlive())
        {
            handle?.Dispose();
            return Task.CompletedTask;
        }

        Watched watched = new(identity, handle is { IsInvalid: false } ? handle : null);
        lock (_gate)
        {
            _watched.Add(watched);
        }

        _ = Native.Write(_wake, 1, sizeof(ulong));
        return watched.Ended.Task;
    }

    private void Run()
    {
        while (true)
        {
            Watched[] watched;
            lock (_gate)
            {
                watched = [.. _watched];
            }

            Native.PollFd[] files = [.. watched.Select(one => Entry(one.Handle)), Entry(_wake)];
            bool looking = watched.Any(one => one.Handle is null);
            if (Native.Poll(files, (nuint)files.Length, looking ? LookEveryMs : -1) < 0)
            {
                continue; // a signal arrived
            }

            if (files[^1].Returned != 0)
            {
                _ = Native.Read(_wake, out _, sizeof(ulong));
            }

            for (int i = 0; i < watched.Length; i++)
            {
                if (watched[i].Handle is null ? !watched[i].Identity.IsAlive() : files[i].Returned != 0)
                {
                    End(watched[i]);
                }
            }
        }
    }

    private void End(Watched watched)
    {
        lock (_gate)
        {
            _ = _watched.Remove(watched);
        }

        watched.Handle?.Dispose();
        watched.Ended.SetResult();
    }

    private static Native.PollFd Entry(SafeFileHandle? handle) =>
        new() { File = handle is null ? -1 : (int)handle.DangerousGetHandle(), Events = Native.PollIn }; // poll skips negative files

    private sealed record Watched(ProcessIdentity Identity, SafeFileHandle? Handle)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
