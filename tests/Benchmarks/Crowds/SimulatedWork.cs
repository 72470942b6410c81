using Orbit.Contracts.V1;

namespace Orbit.Benchmarks.Crowds;

/// <summary>One assignment of a simulated agent: its first event says that a step began, its last that the plan ended, those between are remarks.</summary>
internal sealed class SimulatedWork(Offer offer)
{
    private readonly Lock _gate = new();
    private long _known;
    private long _acked;
    private long _end;

    /// <summary>The server has confirmed it.</summary>
    public bool Confirmed { get; private set; }

    /// <summary>The server needs nothing of it any more.</summary>
    public bool Forgotten { get; private set; }

    /// <summary>Events that happened.</summary>
    public long Known => Volatile.Read(ref _known);

    /// <summary>Events that the server has.</summary>
    public long Acked => Volatile.Read(ref _acked);

    /// <summary>As an agent names it in its Hello.</summary>
    public OpenAssignment Open => new()
    {
        AssignmentId = offer.AssignmentId,
        Epoch = offer.Epoch,
        LastSeq = Known,
        AckedSeq = Acked,
        Ended = _end > 0,
        Unconfirmed = !Confirmed,
    };

    /// <summary>Takes the offer.</summary>
    public AgentMessage Accept => new() { Accept = new AcceptOffer { AssignmentId = offer.AssignmentId, Epoch = offer.Epoch } };

    /// <summary>One more event happens; returns what is to be told, or null before the confirmation and after the end.</summary>
    public AgentMessage? Next(bool last)
    {
        lock (_gate)
        {
            if (!Confirmed || _end > 0)
            {
                return null;
            }

            _known++;
            _end = last ? _known : 0;
            return Tell(_known - 1);
        }
    }

    /// <summary>Takes note of what the server says; returns what is to be told now, or null.</summary>
    public AgentMessage? Hear(ServerMessage message)
    {
        lock (_gate)
        {
            Confirmed |= message.Confirmed?.AssignmentId == offer.AssignmentId;
            Forgotten |= message.Forget?.AssignmentId == offer.AssignmentId;
            if (message.Fenced?.AssignmentId == offer.AssignmentId || message.Refused?.AssignmentId == offer.AssignmentId)
            {
                throw new InvalidOperationException($"Work was refused: {message}");
            }

            _acked = message.Ack is { } ack && ack.AssignmentId == offer.AssignmentId ? Math.Max(_acked, ack.LastSeq) : _acked;
            if (message.Expect is { } expect && expect.AssignmentId == offer.AssignmentId)
            {
                return Tell(expect.NextSeq - 1);
            }

            AssignmentVerdict? verdict = message.Welcome?.Assignments.FirstOrDefault(v => v.AssignmentId == offer.AssignmentId);
            if (verdict?.Order is AssignmentOrder.Stop)
            {
                throw new InvalidOperationException($"Work was ended by the server: {verdict}");
            }

            Forgotten |= verdict?.Order is AssignmentOrder.Forget;
            return verdict?.Order is AssignmentOrder.Continue ? Tell(verdict.LastSeq) : null;
        }
    }

    private AgentMessage? Tell(long after)
    {
        if (after >= _known)
        {
            return null;
        }

        var events = new AgentEvents { AssignmentId = offer.AssignmentId, Epoch = offer.Epoch };
        for (long number = after + 1; number <= _known; number++)
        {
            events.Events.Add(EventOf(number));
        }

        return new() { Events = events };
    }

    private AgentEvent EventOf(long number) =>
        number == _end ? new() { Seq = number, PlanEnded = new PlanEnded { Status = RunStatus.Completed, Verdict = Verdict.Passed } }
        : number == 1 ? new() { Seq = number, StepStarted = new StepStarted { Step = "test" } }
        : new() { Seq = number, Note = new AgentNote { Code = "CROWD", Text = "still at it" } };
}
