using System.Text.Json;
using Google.Protobuf;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>
/// Finds a slot among the agents connected to this process, for work that is being made or claimed. A slot is counted before the
/// transaction that gives it away and given back when that does not commit.
/// </summary>
internal sealed class Placer(AgentSessions sessions, ISecretBox secrets, TimeProvider time)
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

    /// <summary>Takes a slot on the least busy agent that fits; null when none does.</summary>
    public AgentSession? TryReserve(Guid id, WorkKind kind, Wanted wanted, Func<AgentSession, bool>? also = null)
    {
        SlotKind slot = SlotFor(kind);
        List<AgentSession>? full = null;
        while (true)
        {
            AgentSession? best = null;
            int mostFree = 0;
            foreach (AgentSession session in sessions.All)
            {
                int free = session.FreeSlots(slot);
                if (free > mostFree && full?.Contains(session) != true && Fits(session, id, wanted, also))
                {
                    (best, mostFree) = (session, free);
                }
            }

            if (best is null || best.TryTakeSlot(id, slot))
            {
                return best;
            }

            (full ??= []).Add(best); // somebody else took its last slot in this moment
        }
    }

    private bool Fits(AgentSession session, Guid id, Wanted wanted, Func<AgentSession, bool>? also) =>
        session.Proven && wanted.Fits(session.Name, session.Labels) && !HasDeclined(session, id) && (also is null || also(session));

    /// <summary>True when an agent that is connected here declined the item just now.</summary>
    public bool WasDeclined(Guid id) => sessions.All.Any(s => HasDeclined(s, id));

    private bool HasDeclined(AgentSession session, Guid id) => session.DeclinedAt(id) is { } at && time.GetElapsedTime(at) < NotAgainFor;

    /// <summary>Sends a committed offer.</summary>
    public void Send(AgentSession session, Guid id, long epoch, byte[] plan) =>
        session.Post(new Wire.ServerMessage { Offer = new Wire.Offer { AssignmentId = id.ToString(), Epoch = epoch, Plan = Opened(plan) } });

    /// <summary>The plan with its secrets in clear: only on its way to the agent, never stored so.</summary>
    private Wire.Plan Opened(byte[] stored)
    {
        Wire.Plan plan = Wire.Plan.Parser.ParseFrom(ByteString.CopyFrom(stored));
        foreach (Wire.SecretVariable secret in plan.Deploy?.Secrets ?? [])
        {
            secret.Value = secrets.Unprotect(secret.Encrypted.ToByteArray(), secret.Owner);
            (secret.Encrypted, secret.Owner) = (ByteString.Empty, "");
        }

        return plan;
    }

    /// <summary>The kind of slot that a kind of work takes.</summary>
    public static SlotKind SlotFor(WorkKind kind) => kind switch { WorkKind.Run => SlotKind.Deploy, WorkKind.Noop => SlotKind.Noop, _ => SlotKind.Api };
}

/// <summary>Which agents may have a piece of work.</summary>
/// <param name="Labels">Labels an agent must carry.</param>
/// <param name="Agents">Names of the only agents that may have it; none: any with the labels.</param>
internal sealed record Wanted(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Agents)
{
    /// <summary>As a work item names it.</summary>
    public static Wanted Of(WorkItem item) => new(LabelsJson.Parse(item.Labels), item.Agents is { } names ? JsonSerializer.Deserialize<List<string>>(names)! : []);

    /// <summary>The names as a work item keeps them.</summary>
    public string? AgentsJson => Agents.Count == 0 ? null : JsonSerializer.Serialize(Agents);

    /// <summary>True for an agent of that name with those labels.</summary>
    public bool Fits(string name, IReadOnlyDictionary<string, string> labels) =>
        (Agents.Count == 0 || Agents.Contains(name, StringComparer.Ordinal)) && labels.Covers(Labels);

    /// <summary>In words, e.g. <c>an agent with os=el8</c>.</summary>
    public string InWords() =>
        Agents.Count > 0 ? $"agent {string.Join(" or ", Agents)}{(Labels.Count == 0 ? "" : $" with {LabelWords()}")}"
        : Labels.Count == 0 ? "an agent"
        : $"an agent with {LabelWords()}";

    private string LabelWords() => string.Join(", ", Labels.Select(l => $"{l.Key}={l.Value}"));
}
