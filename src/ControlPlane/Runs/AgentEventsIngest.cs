using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Numbered facts of one assignment, as an agent sent them.</summary>
/// <param name="session">The stream they came on.</param>
/// <param name="id">The assignment.</param>
/// <param name="message">The facts; none: only a sign of life.</param>
/// <param name="signals">To wake the dispatcher when a slot is free.</param>
/// <param name="refused">True: the only fact cannot be stored; its number is taken and the run says so.</param>
internal sealed class AgentEventsArrived(AgentSession session, Guid id, Wire.AgentEvents message, Signals signals, bool refused = false) : IngestItem
{
    public Guid Id { get; } = id;
    public Wire.AgentEvents Message { get; } = message;
    public long AgentId => session.AgentId;
    public string AgentName => session.Name;

    /// <summary>The number whose fact is refused; 0 for none.</summary>
    public long RefusedSeq => refused ? Message.Events[0].Seq : 0;

    /// <summary>True for a sign of life from who has the assignment.</summary>
    public bool IsOf(AssignmentRow row) => row.AgentId == AgentId && (row.Epoch == Message.Epoch || !Safeguard.IsOn("epoch-fence"));

    /// <summary>What the agent is told, in order; decided in the transaction.</summary>
    public List<Wire.ServerMessage> Answers { get; } = [];

    /// <summary>True when the assignment has ended for good.</summary>
    public bool Ended { get; set; }

    public override void Committed()
    {
        foreach (Wire.ServerMessage answer in Answers)
        {
            session.Post(answer);
        }

        if (Ended && session.FreeSlot(Id))
        {
            signals.Raise(Topics.Queue);
        }
    }

    public override void Failed(Exception reason)
    {
        // Nothing of it is stored, not even that it was refused: the agent keeps it and comes back.
        session.Close(reason as OrbitException ?? OrbitException.Later("EVENTS_NOT_STORED", "The server could not store events now.", TimeSpan.FromSeconds(5)));
    }

    /// <summary>Each fact by itself; of a single one, that it was refused, so that the series is not held up.</summary>
    public override IReadOnlyList<IngestItem> Instead() =>
        refused || Message.Events.Count == 0 ? []
        : Message.Events.Count == 1 ? [new AgentEventsArrived(session, Id, Message, signals, refused: true)]
        : [.. Message.Events.Select(e => new AgentEventsArrived(session, Id, Only(e), signals))];

    private Wire.AgentEvents Only(Wire.AgentEvent one)
    {
        var alone = new Wire.AgentEvents { AssignmentId = Message.AssignmentId, Epoch = Message.Epoch };
        alone.Events.Add(one);
        return alone;
    }

    /// <summary>An assignment was accepted: the run learns of it, outside the path that confirms.</summary>
    public static AgentEventsArrived Accepted(AgentSession session, Guid id, long epoch, Signals signals) =>
        new(session, id, new Wire.AgentEvents { AssignmentId = id.ToString(), Epoch = epoch }, signals);
}

/// <summary>
/// Applies agents' events to runs: stores the effect and the last number in one transaction, conditional on the epoch. At or below the
/// stored number: acknowledged, ignored. A gap: the wanted number is named. Another epoch: fenced.
/// </summary>
internal sealed class AgentEventsIngest(IEnumerable<IAssignmentIngest> others, TimeProvider time) : IIngestHandler
{
    public Type Kind => typeof(AgentEventsArrived);

    public async Task ApplyAsync(OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct)
    {
        Guid[] ids = [.. items.Cast<AgentEventsArrived>().Select(i => i.Id).Distinct()];
        Dictionary<Guid, AssignmentRow> rows = (await database.AssignmentsAsync(ids, ct)).ToDictionary(r => r.Id);
        foreach (IGrouping<Guid, AgentEventsArrived> ofOne in items.Cast<AgentEventsArrived>().GroupBy(i => i.Id))
        {
            await ApplyAsync(database, rows.GetValueOrDefault(ofOne.Key), [.. ofOne], ct);
        }
    }

    private async Task ApplyAsync(OrbitDbContext database, AssignmentRow? row, AgentEventsArrived[] messages, CancellationToken ct)
    {
        var fresh = new List<Wire.AgentEvent>();
        long last = row?.LastSeq ?? 0;
        foreach (AgentEventsArrived message in messages)
        {
            message.Answers.Clear();
            message.Ended = false;
            last = Sort(row, message, last, fresh);
        }

        AgentEventsArrived[] mine = row is { State: not (WorkState.Ended or WorkState.Queued or WorkState.Offered) } ? [.. messages.Where(m => m.IsOf(row))] : [];
        if (fresh.Count > 0 || mine.Any(m => m.Message.Events.Count == 0))
        {
            await ApplyAsync(database, row!, mine, fresh, last, ct);
        }
    }

    /// <summary>Answers one message; what is new in it joins the list. Returns the last number taken.</summary>
    private static long Sort(AssignmentRow? row, AgentEventsArrived message, long last, List<Wire.AgentEvent> fresh)
    {
        string id = message.Message.AssignmentId;
        if (row is null || !message.IsOf(row) || row.State is WorkState.Queued or WorkState.Offered)
        {
            message.Answers.Add(new() { Fenced = new Wire.Fenced { AssignmentId = id, CurrentEpoch = row?.Epoch ?? 0 } });
            message.Ended = true;
            return last;
        }

        if (row.State is WorkState.Ended)
        {
            // Terminal states are final: what comes late is acknowledged, so that the agent can forget it.
            long newest = message.Message.Events.Count == 0 ? last : Math.Max(last, message.Message.Events[^1].Seq);
            message.Answers.Add(new() { Ack = new Wire.EventAck { AssignmentId = id, LastSeq = newest } });
            message.Answers.Add(new() { Forget = new Wire.Forget { AssignmentId = id } });
            message.Ended = true;
            return last;
        }

        foreach (Wire.AgentEvent arrived in message.Message.Events)
        {
            if (arrived.Seq > last + 1)
            {
                message.Answers.Add(new() { Expect = new Wire.EventExpect { AssignmentId = id, NextSeq = last + 1 } });
                return last;
            }

            if (arrived.Seq <= last && !Safeguard.IsOn("repeated-events"))
            {
                fresh.Add(arrived);
            }

            if (arrived.Seq == last + 1)
            {
                if (arrived.Seq == message.RefusedSeq)
                {
                    message.Answers.Add(new() { Refused = new Wire.Refused { AssignmentId = id, Seq = arrived.Seq, Reason = "EVENT_REFUSED", Text = "The server could not store this event." } });
                }

                fresh.Add(arrived);
                last++;
            }
        }

        if (message.Message.Events.Count > 0)
        {
            message.Answers.Add(new() { Ack = new Wire.EventAck { AssignmentId = id, LastSeq = last } });
        }

        return last;
    }

    private async Task ApplyAsync(
        OrbitDbContext database, AssignmentRow row, AgentEventsArrived[] messages, List<Wire.AgentEvent> fresh, long last, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        AgentEventsArrived message = messages[^1];
        bool ends = fresh.Exists(e => e.FactCase is Wire.AgentEvent.FactOneofCase.PlanEnded);
        if (!await database.AdvanceAsync(row, last, ends, now, ct))
        {
            // Another writer moved it between our read and this statement; the whole transaction is done again.
            throw new DbUpdateConcurrencyException($"Assignment {row.Id} changed meanwhile.");
        }

        if (ends)
        {
            message.Answers.Add(new() { Forget = new Wire.Forget { AssignmentId = row.Id.ToString() } });
            message.Ended = true;
        }

        if (row.RunId is { } runId)
        {
            await ApplyAsync(database, row, runId, messages, fresh, now, ct);
        }
        else if (others.FirstOrDefault(o => o.Kind == row.Kind) is { } other)
        {
            await other.ApplyAsync(database, row.Id, message.AgentName, [.. fresh.Where(f => messages.All(m => m.RefusedSeq != f.Seq))], now, ct);
        }
    }

    private static async Task ApplyAsync(
        OrbitDbContext database, AssignmentRow row, long runId, AgentEventsArrived[] messages, List<Wire.AgentEvent> fresh, DateTimeOffset now, CancellationToken ct)
    {
        Run run = await database.Runs.SingleAsync(r => r.Id == runId, ct);
        if (run.Attempt != row.Attempt || run.IsTerminal)
        {
            return;
        }

        long refused = messages.Max(m => m.RefusedSeq); // such a message is always alone
        if (refused > 0 && fresh is [{ FactCase: Wire.AgentEvent.FactOneofCase.PlanEnded }])
        {
            await RunCommands.EndUnknownAsync(database, run, "how it ended could not be stored", now, ct);
            return;
        }

        var progress = new RunProgressIngest(database, run, now);
        await progress.ReadAsync(ct);
        progress.HeardFrom(messages[^1].AgentName);
        foreach (Wire.AgentEvent fact in fresh)
        {
            await (fact.Seq == refused ? progress.RefusedAsync(fact) : progress.ApplyAsync(fact, ct));
        }

        await progress.StoreAsync(ct);
    }
}
