using Google.Protobuf;
using Orbit.ControlPlane.Agents;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>
/// Finds a slot among the agents connected to this process, for work that is being made or claimed. A slot is counted before the
/// transaction that gives it away and given back when that does not commit.
/// </summary>
internal sealed class Placer(AgentSessions sessions, TimeProvider time)
{
    /// <summary>How long an item is not offered again to an agent that declined it: its reason seldom goes away in a moment.</summary>
    private static readonly TimeSpan NotAgainFor = TimeSpan.FromSeconds(15);

    private readonly Lock _backlogLock = new();
    private int _queued;
    private bool _backlog = true;

    /// <summary>True while items may be waiting: new work must not jump the queue.</summary>
    public bool HasBacklog
    {
        get
        {
            lock (_backlogLock)
            {
                return _backlog;
            }
        }
    }

    /// <summary>Counts items that this process has queued; goes with <see cref="NothingWaits"/>.</summary>
    public int Queued
    {
        get
        {
            lock (_backlogLock)
            {
                return _queued;
            }
        }
    }

    /// <summary>An item is being queued because no slot was found for it. Called before its transaction commits.</summary>
    public void NoteQueued()
    {
        lock (_backlogLock)
        {
            _queued++;
            _backlog = true;
        }
    }

    /// <summary>A scan that began when <see cref="Queued"/> had the given value found nobody waiting.</summary>
    public void NothingWaits(int queuedAtStart)
    {
        lock (_backlogLock)
        {
            _backlog = _queued != queuedAtStart;
        }
    }

    /// <summary>Takes a slot on an agent that fits; null when none does.</summary>
    public AgentSession? TryReserve(Guid id, WorkKind kind, IReadOnlyDictionary<string, string> labels, string? onlyAgent, Func<AgentSession, bool>? also = null)
    {
        SlotKind slot = SlotFor(kind);
        foreach (AgentSession session in sessions.All)
        {
            bool fits = session.Proven && (onlyAgent is null || onlyAgent == session.Name) && session.Labels.Covers(labels) && !HasDeclined(session, id) && (also is null || also(session));
            if (fits && session.TryTakeSlot(id, slot))
            {
                return session;
            }
        }

        return null;
    }

    /// <summary>True when an agent that is connected here declined the item just now.</summary>
    public bool WasDeclined(Guid id) => sessions.All.Any(s => HasDeclined(s, id));

    private bool HasDeclined(AgentSession session, Guid id) => session.DeclinedAt(id) is { } at && time.GetElapsedTime(at) < NotAgainFor;

    /// <summary>Sends a committed offer.</summary>
    public static void Send(AgentSession session, Guid id, long epoch, byte[] plan) =>
        session.Post(new Wire.ServerMessage
        {
            Offer = new Wire.Offer { AssignmentId = id.ToString(), Epoch = epoch, Plan = Wire.Plan.Parser.ParseFrom(ByteString.CopyFrom(plan)) },
        });

    /// <summary>The kind of slot that a kind of work takes.</summary>
    public static SlotKind SlotFor(WorkKind kind) => kind is WorkKind.Noop ? SlotKind.Api : SlotKind.Deploy;
}
