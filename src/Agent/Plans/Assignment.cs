using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Journal;
using Orbit.Agent.Link;
using Orbit.Agent.Secrets;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Plans;

/// <summary>Why and how an assignment is to end early.</summary>
/// <param name="Reason">In words.</param>
/// <param name="Grace">Time between SIGTERM and SIGKILL.</param>
internal sealed record CancelWish(string Reason, TimeSpan Grace);

/// <summary>
/// One piece of work that this agent has accepted: its plan, the numbered facts that the control plane has not acked yet, and what is
/// wanted of it. Safe for any number of callers.
/// </summary>
/// <remarks>
/// Numbers are given in the order in which records enter the journal, so the series has no gap after any crash; an event is sent only once
/// the journal has it and all before it.
/// </remarks>
#pragma warning disable CA1001 // Of the token's source neither timers nor wait handles are used, so there is nothing to dispose.
internal sealed class Assignment
#pragma warning restore CA1001
{
    private static readonly TimeSpan RetryFullDisk = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly AgentJournal _journal;
    private readonly Outbox _outbox;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _cancel = new();
    private readonly List<StoredEvent> _waiting = []; // not acked, rising without gaps
    private SecretMask? _secrets;
    private long _acked;
    private long _sent;
    private long _next = 1;
    private long _waitingBytes;
    private long _extraTicks;

    public Assignment(Guid id, Offer offer, AgentJournal journal, Outbox outbox, TimeProvider time, ILogger logger)
    {
        (Id, Epoch, Plan) = (id, offer.Epoch, offer.Plan);
        (_journal, _outbox, _time, _logger) = (journal, outbox, time, logger);
    }

    /// <summary>The assignment's id.</summary>
    public Guid Id { get; }

    /// <summary>Epoch under which it was accepted.</summary>
    public long Epoch { get; private set; }

    /// <summary>What to do.</summary>
    public Plan Plan { get; private set; }

    /// <summary>What nobody may read of it.</summary>
    public SecretMask Secrets => _secrets ??= SecretMask.Of(Plan.Deploy?.Secrets.Select(secret => secret.Value) ?? []);

    /// <summary>Whether it takes a deploy slot; otherwise it takes an API slot.</summary>
    public bool IsDeploy => Plan.WorkCase == Plan.WorkOneofCase.Deploy;

    /// <summary>Service that the plan changes; empty for none.</summary>
    public string Service => Plan.Deploy?.Service ?? "";

    /// <summary>Called after the control plane has acked more.</summary>
    public Action? AckedMore { get; set; }

    /// <summary>An earlier epoch of it was accepted too, so that word about that one may still come.</summary>
    public bool WasRenewed { get; private set; }

    /// <summary>The control plane has committed the acceptance: side effects are allowed.</summary>
    public bool Confirmed { get; set; }

    /// <summary>It is no longer this agent's; nothing more may be started for it.</summary>
    public bool Fenced { get; private set; }

    /// <summary>Its last event is in the journal.</summary>
    public bool Ended { get; private set; }

    /// <summary>What carries it out; <see langword="null"/> until that began.</summary>
    public Task? Work { get; set; }

    /// <summary>Facts of an earlier process of this agent: not empty means that the plan had been begun.</summary>
    public RestoredAssignment? Before { get; init; }

    /// <summary>The wish to end early; <see langword="null"/> when there is none.</summary>
    public CancelWish? Cancel { get; private set; }

    /// <summary>Time that somebody added to the plan's limit and to that of the step that runs.</summary>
    public TimeSpan Extra => TimeSpan.FromTicks(Interlocked.Read(ref _extraTicks));

    /// <summary>Called after <see cref="Extra"/> grew.</summary>
    public event Action? ExtraChanged;

    /// <summary>Fires when the wish to end early comes, or the assignment is fenced.</summary>
    public CancellationToken CancelToken => _cancel.Token;

    /// <summary>Whether the current session has reconciled it: before that none of its events may be sent.</summary>
    public bool Reconciled { get; set; }

    /// <summary>Set while it waits in the outbox. Only the outbox touches it.</summary>
    public bool InOutbox { get; set; }

    /// <summary>Highest number that the control plane has committed.</summary>
    public long Acked
    {
        get
        {
            lock (_gate)
            {
                return _acked;
            }
        }
    }

    /// <summary>Bytes of events that wait to be acked; callers that can say less do so when this grows large.</summary>
    public long WaitingBytes => Interlocked.Read(ref _waitingBytes);

    /// <summary>Takes over what the journal had of it.</summary>
    public void Restore(RestoredAssignment before)
    {
        lock (_gate)
        {
            foreach (AgentEvent fact in before.Events)
            {
                int bytes = fact.CalculateSize();
                _waiting.Add(new StoredEvent(fact, bytes, Timestamp: null) { Durable = true });
                _waitingBytes += bytes;
                _next = fact.Seq + 1;
                Ended |= fact.FactCase == AgentEvent.FactOneofCase.PlanEnded;
            }

            _acked = _sent = before.Events.Count == 0 ? 0 : before.Events[0].Seq - 1;
        }
    }

    /// <summary>Whether an offer is a newer one of the same and nothing was begun.</summary>
    public bool MayRenew(Offer offer) => offer.Epoch > Epoch && !Confirmed && Work is null;

    /// <summary>Takes a repeated offer under a newer epoch; only while nothing was begun.</summary>
    public void Renew(Offer offer) => (Epoch, Plan, WasRenewed, _secrets) = (offer.Epoch, offer.Plan, true, null);

    /// <summary>Numbers an event and completes when the journal has it, together with <paramref name="beside"/>, in one write.</summary>
    /// <returns>The event's number.</returns>
    public Task<long> RecordAsync(AgentEvent fact, params ReadOnlySpan<JournalEntry> beside)
    {
        fact.AgentTime = Timestamp.FromDateTimeOffset(_time.GetUtcNow());
        EventSecrets.Hide(fact, Secrets);
        StoredEvent stored;
        JournalEntry[] entries;
        Task<long> append;
        lock (_gate)
        {
            if (Ended)
            {
                throw new InvalidOperationException($"Assignment {Id} has ended; {fact.FactCase} comes too late.");
            }

            fact.Seq = _next++;
            Ended = fact.FactCase == AgentEvent.FactOneofCase.PlanEnded;
            entries = [AssignmentRecords.ForEvent(Id, fact), .. beside];
            stored = new(fact, entries[0].Payload.Length, _time.GetTimestamp());
            _waiting.Add(stored);
            _waitingBytes += stored.Bytes;
            append = _journal.AppendManyAsync(entries); // under the lock: the journal's order is the numbers' order
        }

        // Not under the lock: it may go on at once and then takes the outbox's lock, which is always taken before this one.
        return FinishAsync(stored, entries, append);
    }

    /// <summary>Completes when the journal has a fact for the agent itself.</summary>
    public async Task NoteAsync(StepFact fact)
    {
        JournalEntry[] entries = [AssignmentRecords.ForFact(Id, fact)];
        await WriteAsync(entries, _journal.AppendManyAsync(entries));
    }

    /// <summary>Asks for the end. Repeating it changes nothing.</summary>
    public void AskToEnd(CancelWish wish)
    {
        lock (_gate)
        {
            if (Cancel is not null || Ended)
            {
                return;
            }

            Cancel = wish;
        }

        _logger.CancelWanted(Id, wish.Reason);
        _cancel.Cancel();
    }

    /// <summary>Gives it more time. It is repeated with each heartbeat; only more than before changes anything.</summary>
    public void Extend(TimeSpan extra)
    {
        lock (_gate)
        {
            if (extra <= Extra || Ended)
            {
                return;
            }

            Interlocked.Exchange(ref _extraTicks, extra.Ticks);
        }

        ExtraChanged?.Invoke();
    }

    /// <summary>It is another's now: nothing more is started for it.</summary>
    public void Fence()
    {
        Fenced = true;
        _cancel.Cancel();
    }

    /// <summary>The control plane has everything up to a number.</summary>
    /// <returns>How many sent events this acked for the first time.</returns>
    public long Ack(long upTo)
    {
        lock (_gate)
        {
            long newly = Math.Max(0, Math.Min(upTo, _sent) - _acked);
            if (upTo <= _acked)
            {
                return 0;
            }

            int count = 0;
            while (count < _waiting.Count && _waiting[count].Fact.Seq <= upTo)
            {
                _waitingBytes -= _waiting[count].Bytes;
                count++;
            }

            _waiting.RemoveRange(0, count);
            _acked = Math.Max(_acked, upTo);
            _sent = Math.Max(_sent, _acked);
            return newly;
        }
    }

    /// <summary>The control plane has ended it. Its logs and files wait for the events that tell of them; of another's nobody takes anything.</summary>
    public void Settle(long epoch, long lastStored)
    {
        if (epoch == Epoch)
        {
            _ = Ack(lastStored);
        }
        else
        {
            Fence();
        }
    }

    /// <summary>Sending goes on after this number: a session begins, or the control plane found a gap.</summary>
    /// <returns>By how many fewer events are under way than before.</returns>
    public long SendFrom(long lastStored)
    {
        lock (_gate)
        {
            long before = _sent;
            _sent = Math.Clamp(lastStored, _acked, _sent);
            return before - _sent;
        }
    }

    /// <summary>Events that were sent and not acked.</summary>
    public long UnderWay
    {
        get
        {
            lock (_gate)
            {
                return _sent - _acked;
            }
        }
    }

    /// <summary>The next events to send, at most <paramref name="limit"/> of them and about <paramref name="maxBytes"/>; counts them as sent.</summary>
    public bool TryTake(int limit, int maxBytes, [NotNullWhen(true)] out AgentEvents? batch)
    {
        batch = null;
        lock (_gate)
        {
            int index = (int)(_sent - _acked);
            for (int bytes = 0; index < _waiting.Count && limit > 0 && bytes < maxBytes && _waiting[index].Durable; index++, limit--)
            {
                StoredEvent stored = _waiting[index];
                batch ??= new AgentEvents { AssignmentId = Id.ToString(), Epoch = Epoch };
                stored.Fact.Age = AgeOf(stored);
                batch.Events.Add(stored.Fact);
                bytes += stored.Bytes;
                _sent = stored.Fact.Seq;
            }
        }

        return batch is not null;
    }

    /// <summary>As the agent tells the control plane after a reconnect.</summary>
    public OpenAssignment Describe()
    {
        lock (_gate)
        {
            long last = _waiting.Count == 0 ? _acked : _waiting.FindLast(stored => stored.Durable)?.Fact.Seq ?? _acked;
            bool ended = Ended && (_waiting.Count == 0 || _waiting[^1].Durable);
            return new() { AssignmentId = Id.ToString(), Epoch = Epoch, LastSeq = last, Ended = ended, Unconfirmed = !Confirmed, AckedSeq = _acked };
        }
    }

    private async Task<long> FinishAsync(StoredEvent stored, JournalEntry[] entries, Task<long> append)
    {
        await WriteAsync(entries, append);
        FailPoint.Pass("event.journaled");
        lock (_gate)
        {
            stored.Durable = true;
        }

        _outbox.Add(this);
        return stored.Fact.Seq;
    }

    /// <summary>Waits out a full disk: the record is written again, never left out.</summary>
    private async Task WriteAsync(JournalEntry[] entries, Task<long> append)
    {
        while (true)
        {
            try
            {
                await append;
                return;
            }
            catch (JournalException full) when (full.Reason == JournalException.Full)
            {
                _logger.JournalFull(Id, full.Message);
                await Task.Delay(RetryFullDisk, _time, CancellationToken.None);
                append = _journal.AppendManyAsync(entries);
            }
        }
    }

    private Duration AgeOf(StoredEvent stored)
    {
        TimeSpan age = stored.Timestamp is long then
            ? _time.GetElapsedTime(then)
            : _time.GetUtcNow() - stored.Fact.AgentTime.ToDateTimeOffset();
        return Duration.FromTimeSpan(age > TimeSpan.Zero ? age : TimeSpan.Zero);
    }
}
