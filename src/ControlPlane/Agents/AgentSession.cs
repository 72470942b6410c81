using System.Threading.Channels;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Agents;

/// <summary>
/// One live stream of one agent in this process. Its slots are counted here and only here: an agent has one session, and what this
/// server gives out it counts before it commits.
/// </summary>
internal sealed class AgentSession : IDisposable
{
    /// <summary>Messages that may wait for a slow agent; beyond it the stream is closed and the agent comes back.</summary>
    private const int OutboxLimit = 4096;

    private const int MostDeclined = 100;

    private readonly Channel<Wire.ServerMessage> _outbox =
        Channel.CreateBounded<Wire.ServerMessage>(new BoundedChannelOptions(OutboxLimit) { SingleReader = true });

    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _slotLock = new();
    private readonly Dictionary<Guid, SlotKind> _open = [];
    private readonly Dictionary<Guid, long> _declined = [];
    private readonly Dictionary<Guid, Task> _ahead = [];
    private int _usedSlots;
    private int _usedApiSlots;

    public required long AgentId { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required long Epoch { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required int Slots { get; init; }
    public required int ApiSlots { get; init; }
    public required string RemoteAddress { get; init; }

    /// <summary>Monotonic time of the last word from the agent.</summary>
    public long LastHeard { get; set; }

    /// <summary>This side's newest heartbeat number.</summary>
    public long Nonce { get; set; }

    /// <summary>True once the agent has answered a heartbeat of ours: both directions work.</summary>
    public bool Proven { get; set; }

    /// <summary>True when it must get nothing more: asked by an admin, or by itself.</summary>
    public volatile bool Draining;

    /// <summary>True once the agent was asked to exchange its key.</summary>
    public volatile bool KeyAsked;

    /// <summary>Free space in bytes where the agent keeps its data; null: it has not said in this session, or cannot tell.</summary>
    public long? FreeBytes { get; set; }

    /// <summary>Why it gets no deploy test for want of disk space; empty: it has enough.</summary>
    public volatile string DiskNote = DiskRule.Unknown;

    /// <summary>The note that others see, in the database. Nothing until the first heartbeat that could say more.</summary>
    public string DiskNoteStored { get; set; } = "";

    /// <summary>The newest request to look at its host that the agent was told of; null: none.</summary>
    public DateTimeOffset? CheckTold { get; set; }

    /// <summary>When the agent was last told to look at its host because it was time again; null: not in this session.</summary>
    public DateTimeOffset? CheckToldAsDue { get; set; }

    /// <summary>The upgrade and the attempt that the agent was told of in this session.</summary>
    public (long Upgrade, int Attempt) UpgradeTold { get; set; }

    /// <summary>True when the agent itself asked to drain; an admin's wish does not undo it.</summary>
    public bool DrainsByItself { get; set; }

    /// <summary>Why the session was closed by this side; null while it is open or when the agent left.</summary>
    public OrbitException? CloseReason { get; private set; }

    /// <summary>Cancelled when this side closes the session.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Messages to send, in order.</summary>
    public ChannelReader<Wire.ServerMessage> Outbox => _outbox.Reader;

    /// <summary>Queues a message; never blocks. A session whose agent does not read is closed.</summary>
    public void Post(Wire.ServerMessage message)
    {
        if (!_outbox.Writer.TryWrite(message) && !_closed.IsCancellationRequested)
        {
            Close(OrbitException.Later("AGENT_TOO_SLOW", "The agent does not read its stream.", TimeSpan.FromSeconds(5)));
        }
    }

    /// <summary>Ends the session; the first reason stays.</summary>
    public void Close(OrbitException reason)
    {
        CloseReason ??= reason;
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this very moment.
        }
    }

    /// <summary>Takes a slot for work that is about to be offered. False: none free, or nothing may be given.</summary>
    public bool TryTakeSlot(Guid assignment, SlotKind kind)
    {
        lock (_slotLock)
        {
            if (Refuses(kind) || _closed.IsCancellationRequested || Used(kind) >= Limit(kind))
            {
                return false;
            }

            Count(assignment, kind);
            return true;
        }
    }

    /// <summary>
    /// Remembers that an offer is sent while it still is being stored. The agent journals it meanwhile; what it answers must not be looked
    /// at before the task has ended.
    /// </summary>
    /// <param name="assignment">What is offered.</param>
    /// <param name="stored">Ends when it is stored, or is known not to be; never fails.</param>
    public void OfferAhead(Guid assignment, Task stored)
    {
        lock (_slotLock)
        {
            _ahead[assignment] = stored;
        }

        _ = stored.ContinueWith(
            _ =>
            {
                lock (_slotLock)
                {
                    _ahead.Remove(assignment);
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Ends when nothing of the assignment is being stored any more.</summary>
    public Task StoredAsync(Guid assignment)
    {
        lock (_slotLock)
        {
            return _ahead.GetValueOrDefault(assignment, Task.CompletedTask);
        }
    }

    /// <summary>Counts work that the agent has from an earlier session.</summary>
    public void CountOpen(Guid assignment, SlotKind kind)
    {
        lock (_slotLock)
        {
            Count(assignment, kind);
        }
    }

    /// <summary>True when a slot of that kind is free.</summary>
    public bool HasFreeSlot(SlotKind kind)
    {
        lock (_slotLock)
        {
            return !Refuses(kind) && Used(kind) < Limit(kind);
        }
    }

    /// <summary>Free slots of that kind; none while it drains, none for deploy tests while its disk is full.</summary>
    public int FreeSlots(SlotKind kind)
    {
        lock (_slotLock)
        {
            return Refuses(kind) ? 0 : Limit(kind) - Used(kind);
        }
    }

    /// <summary>The slot that an assignment has; null when it has none.</summary>
    public SlotKind? SlotOf(Guid assignment)
    {
        lock (_slotLock)
        {
            return _open.TryGetValue(assignment, out SlotKind kind) ? kind : null;
        }
    }

    /// <summary>Ids of the assignments that have a slot.</summary>
    public Guid[] OpenAssignments()
    {
        lock (_slotLock)
        {
            return [.. _open.Keys];
        }
    }

    /// <summary>Remembers that the agent declined work; the oldest memories go first.</summary>
    public void NoteDeclined(Guid assignment, long at)
    {
        lock (_slotLock)
        {
            if (_declined.Count >= MostDeclined)
            {
                _declined.Remove(_declined.MinBy(d => d.Value).Key);
            }

            _declined[assignment] = at;
        }
    }

    /// <summary>Monotonic time at which the agent declined the work; null when it did not.</summary>
    public long? DeclinedAt(Guid assignment)
    {
        lock (_slotLock)
        {
            return _declined.TryGetValue(assignment, out long at) ? at : null;
        }
    }

    /// <summary>Gives the slot back. False when it had none.</summary>
    public bool FreeSlot(Guid assignment)
    {
        lock (_slotLock)
        {
            if (!_open.Remove(assignment, out SlotKind kind))
            {
                return false;
            }

            (kind is not SlotKind.Deploy ? ref _usedApiSlots : ref _usedSlots)--;
            return true;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _outbox.Writer.TryComplete();
        _closed.Dispose();
    }

    /// <summary>A full disk is none for API tests, which leave next to nothing there.</summary>
    private bool Refuses(SlotKind kind) => Draining || (kind is SlotKind.Deploy && DiskNote.Length > 0);

    private int Limit(SlotKind kind) => kind is not SlotKind.Deploy ? ApiSlots : Slots;

    private int Used(SlotKind kind) => kind is not SlotKind.Deploy ? _usedApiSlots : _usedSlots;

    private void Count(Guid assignment, SlotKind kind)
    {
        if (_open.TryAdd(assignment, kind))
        {
            (kind is not SlotKind.Deploy ? ref _usedApiSlots : ref _usedSlots)++;
        }
    }
}

/// <summary>Deploy tests and API tests have slots of their own, so that a three-hour test does not hold up the others.</summary>
internal enum SlotKind
{
    /// <summary>A deploy test.</summary>
    Deploy,

    /// <summary>A piece of API tests.</summary>
    Api,

    /// <summary>A no-op; it takes the place of a piece.</summary>
    Noop,
}
