using System.Diagnostics.CodeAnalysis;
using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// Which assignments have events to send, and how many events may be under way. The events themselves stay with their assignment: nothing
/// is copied or queued here, so a long outage costs no more memory than the events not yet acked.
/// </summary>
internal sealed class Outbox(WakeUp wake)
{
    private const int BatchEvents = 500;
    private const int BatchBytes = 256 * 1024; // control messages never wait behind more than this
    private readonly Lock _gate = new();
    private readonly Queue<Assignment> _ready = new();
    private long _credit;

    /// <summary>Wakes the session's writer.</summary>
    public WakeUp Wake { get; } = wake;

    /// <summary>A session begins: nothing is under way.</summary>
    public void Begin(int credit)
    {
        lock (_gate)
        {
            _credit = credit;
        }
    }

    /// <summary>The assignment may have something to send.</summary>
    public void Add(Assignment assignment)
    {
        lock (_gate)
        {
            if (assignment.InOutbox || !assignment.Reconciled)
            {
                return;
            }

            assignment.InOutbox = true;
            _ready.Enqueue(assignment);
        }

        Wake.Set();
    }

    /// <summary>Events that were under way are so no more: they were acked, or are to be sent again.</summary>
    public void Return(long events)
    {
        if (events <= 0)
        {
            return;
        }

        lock (_gate)
        {
            _credit += events;
        }

        Wake.Set();
    }

    /// <summary>The next events to send, if there are any and the credit allows.</summary>
    public bool TryTake([NotNullWhen(true)] out AgentEvents? batch)
    {
        lock (_gate)
        {
            while (_credit > 0 && _ready.TryDequeue(out Assignment? assignment))
            {
                assignment.InOutbox = false;
                if (!assignment.Reconciled || !assignment.TryTake((int)Math.Min(_credit, BatchEvents), BatchBytes, out batch))
                {
                    continue;
                }

                _credit -= batch.Events.Count;
                assignment.InOutbox = true; // it may have more; found empty, it drops out
                _ready.Enqueue(assignment);
                return true;
            }
        }

        batch = null;
        return false;
    }
}
