using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Numbered facts of one assignment, as an agent sent them.</summary>
internal sealed class AgentEventsArrived(AgentSession session, Guid id, Wire.AgentEvents message, Signals signals) : IngestItem
{
    public Guid Id { get; } = id;
    public Wire.AgentEvents Message { get; } = message;
    public long AgentId => session.AgentId;
    public string AgentName => session.Name;

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
        if (reason is OrbitException { Kind: Refusal.Later } later)
        {
            session.Close(later);
            return;
        }

        // Something in it can never be stored: say so for good, so that the series is not held up, and keep the stream.
        foreach (Wire.AgentEvent refused in Message.Events)
        {
            session.Post(new() { Refused = new Wire.Refused { AssignmentId = Id.ToString(), Seq = refused.Seq, Reason = "EVENT_REFUSED", Text = "The server could not store this event." } });
        }
    }

    /// <summary>An assignment was accepted: the run learns of it, outside the path that confirms.</summary>
    public static AgentEventsArrived Accepted(AgentSession session, Guid id, long epoch, Signals signals) =>
        new(session, id, new Wire.AgentEvents { AssignmentId = id.ToString(), Epoch = epoch }, signals);
}

/// <summary>
/// Applies agents' events to runs: stores the effect and the last number in one transaction, conditional on the epoch. At or below the
/// stored number: acknowledged, ignored. A gap: the wanted number is named. Another epoch: fenced.
/// </summary>
internal sealed class AgentEventsIngest(TimeProvider time) : IIngestHandler
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

        bool isRun = row is { State: not (WorkState.Ended or WorkState.Queued or WorkState.Offered), RunId: not null } && row.AgentId == messages[0].AgentId;
        if (isRun && (fresh.Count > 0 || messages.Any(m => m.Message.Events.Count == 0)))
        {
            await ApplyAsync(database, row!, messages[^1], fresh, last, ct);
        }
    }

    /// <summary>Answers one message; what is new in it joins the list. Returns the last number taken.</summary>
    private static long Sort(AssignmentRow? row, AgentEventsArrived message, long last, List<Wire.AgentEvent> fresh)
    {
        string id = message.Message.AssignmentId;
        if (row is null || row.AgentId != message.AgentId || row.Epoch != message.Message.Epoch || row.State is WorkState.Queued or WorkState.Offered)
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

            if (arrived.Seq == last + 1)
            {
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
        OrbitDbContext database, AssignmentRow row, AgentEventsArrived message, List<Wire.AgentEvent> fresh, long last, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool ends = fresh.Exists(e => e.FactCase is Wire.AgentEvent.FactOneofCase.PlanEnded);
        if (!await database.AdvanceAsync(row, last, ends, now, ct))
        {
            // Another writer moved it between our read and this statement; the whole transaction is done again.
            throw new DbUpdateConcurrencyException($"Assignment {row.Id} changed meanwhile.");
        }

        Run run = await database.Runs.SingleAsync(r => r.Id == row.RunId, ct);
        if (run.Attempt != row.Attempt || run.IsTerminal)
        {
            return;
        }

        var progress = new RunProgressIngest(database, run, now);
        await progress.ReadAsync(ct);
        progress.HeardFrom(message.AgentName);
        foreach (Wire.AgentEvent fact in fresh)
        {
            await progress.ApplyAsync(fact, ct);
        }

        await progress.StoreAsync(ct);
        if (ends)
        {
            message.Answers.Add(new() { Forget = new Wire.Forget { AssignmentId = row.Id.ToString() } });
            message.Ended = true;
        }
    }
}
