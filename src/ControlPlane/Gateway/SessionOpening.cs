using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Trust;
using Orbit.Shared;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Opens a session for a proven agent: reconciles what both sides know before any work is offered.</summary>
internal sealed class SessionOpening(
    OrbitStore store, SessionCommands commands, ServerCertificates certificates, AgentSessions sessions, Signals signals, IngestWriter ingest, IOptions<AgentOptions> options, TimeProvider time)
{
    private const int EventCredit = 1000;
    private const int MaxChunkBytes = 64 * 1024;
    private const long UploadCreditBytes = 4 * 1024 * 1024;
    private const int MostLabels = 64;

    /// <summary>Stores the session, answers Welcome and makes the session the agent's one.</summary>
    public async Task<AgentSession> OpenAsync(Agents.Agent agent, AgentHello hello, string remote, CancellationToken ct)
    {
        OpenedSession opened = await commands.OpenAsync(agent.Id, Convert.ToHexStringLower(hello.KeyId.Span), FactsOf(hello, remote), ct);
        var session = new AgentSession
        {
            AgentId = agent.Id,
            Name = opened.Agent.Name,
            Host = opened.Agent.Host,
            Epoch = opened.Agent.SessionEpoch,
            Labels = LabelsJson.Parse(opened.Agent.Labels),
            Slots = opened.Agent.Slots,
            ApiSlots = opened.Agent.ApiSlots,
            RemoteAddress = remote,
            LastHeard = time.GetTimestamp(),
            Draining = opened.Agent.Desire is AgentDesire.Draining,
        };
        try
        {
            Welcome welcome = Greet(opened);
            List<AssignmentRow> lost = await ReconcileAsync(session, hello, welcome, ct);
            session.Post(new() { Welcome = welcome });
            sessions.Add(session);
            foreach (AssignmentRow row in lost)
            {
                // A long step has no news for hours: being back is enough to be in contact again.
                await ingest.AddAsync(AgentEventsArrived.Accepted(session, row.Id, row.Epoch, signals), ct);
            }

            signals.Raise(Topics.Queue);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static AgentFacts FactsOf(AgentHello hello, string remote)
    {
        bool hostFits = hello.Host.Length == 0 || EnrollCommands.AgentName().IsMatch(hello.Host);
        bool clean = !hello.AgentVersion.Any(char.IsControl) && !hello.Platform.Any(char.IsControl)
            && hello.Labels.All(l => l.Key.Length is > 0 and <= 128 && l.Value.Length <= 256 && !l.Key.Any(char.IsControl) && !l.Value.Any(char.IsControl));
        bool fits = clean && hostFits && hello.Slots is >= 0 and <= 64 && hello.ApiSlots is >= 0 and <= 1024 && hello.Labels.Count <= MostLabels && hello.InstanceId.Length <= 64
            && hello.AgentVersion.Length <= 64 && hello.Platform.Length <= 200
            && hello.System.Length <= 32 && hello.PackageSha256.Length <= 64 && !(hello.System + hello.PackageSha256).Any(char.IsControl);
        return fits
            ? new(hello.Host, hello.AgentVersion, hello.Platform, hello.Labels, hello.Slots, hello.ApiSlots, remote, hello.InstanceId) { System = hello.System, Package = hello.PackageSha256 }
            : throw OrbitException.Invalid("HELLO_INVALID", "Hello must hold a host name of 100 characters, 0 to 64 slots, 0 to 1024 API slots and at most 64 labels, all without control characters.");
    }

    private Welcome Greet(OpenedSession opened) => new()
    {
        Protocol = SessionStream.Protocol,
        SessionEpoch = opened.Agent.SessionEpoch,
        HeartbeatInterval = Duration.FromTimeSpan(options.Value.HeartbeatInterval),
        LeaseDuration = Duration.FromTimeSpan(options.Value.LeaseDuration),
        EventCredit = EventCredit,
        MaxChunkBytes = MaxChunkBytes,
        UploadCreditBytes = UploadCreditBytes,
        UploadToken = opened.UploadToken,
        ServerInstance = sessions.Replica.ToString(),
        ServerTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        Desired = new DesiredState
        {
            Draining = opened.Agent.Desire is AgentDesire.Draining,
            NewKey = opened.Agent.KeyWanted || time.GetUtcNow() - opened.Agent.KeyChangedAt > options.Value.KeyLifetime,
        },
        AgentName = opened.Agent.Name,
        WantsInstalled = true,
        WantsUpgradeReports = true,
        Trust = TrustNews.Of(certificates.Current),
    };

    /// <summary>Decides on every assignment that either side knows of.</summary>
    /// <returns>What was out of contact and the agent still has.</returns>
    private async Task<List<AssignmentRow>> ReconcileAsync(AgentSession session, AgentHello hello, Welcome welcome, CancellationToken ct)
    {
        Dictionary<Guid, OpenAssignment> named = [];
        foreach (OpenAssignment open in hello.Open)
        {
            if (!Guid.TryParse(open.AssignmentId, out Guid id))
            {
                throw OrbitException.Invalid("HELLO_INVALID", $"'{open.AssignmentId}' is not the id of an assignment.");
            }

            named[id] = open;
        }

        (List<AssignmentRow> known, List<AssignmentRow> held) = await store.ReadAsync(
            async (database, cancel) => (
                named.Count == 0 ? [] : await database.AssignmentsAsync([.. named.Keys], cancel),
                await database.OpenAssignmentsAsync(session.AgentId, cancel)),
            ct);
        foreach ((Guid id, OpenAssignment open) in named)
        {
            AssignmentRow? row = known.Find(r => r.Id == id);
            if (row is not null && AssignmentJudge.KnowsMore(session.AgentId, open, row))
            {
                string reason = $"agent {session.Name} knows more of it than the database, which is older; nobody can know what came of it";
                await EndUnknownAsync(row, reason, ct);
                row = row with { State = WorkState.Ended, Epoch = Math.Max(row.Epoch, open.Epoch) + 1 };
                known[known.FindIndex(r => r.Id == id)] = row;
            }

            welcome.Assignments.Add(AssignmentJudge.Decide(session.AgentId, open, row));
            if (row is not null && row.State is not WorkState.Ended && row.AgentId == session.AgentId)
            {
                session.CountOpen(id, Placer.SlotFor(row.Kind));
            }
        }

        foreach (AssignmentRow row in held.Where(r => !named.ContainsKey(r.Id)))
        {
            await MissingOnAgentAsync(session, row, welcome, ct);
        }

        return [.. known.Where(r => r.State is WorkState.Unknown && r.AgentId == session.AgentId && r.Epoch == named[r.Id].Epoch)];
    }

    /// <summary>
    /// The server gave it out and the agent does not name it. An offer is made again; something accepted is lost with the agent's
    /// journal, and nobody can know what came of it.
    /// </summary>
    private async Task MissingOnAgentAsync(AgentSession session, AssignmentRow row, Welcome welcome, CancellationToken ct)
    {
        if (row.State is WorkState.Offered)
        {
            await store.WriteAsync((database, cancel) => database.TakeBackAsync(row.Id, row.Epoch, cancel), ct);
            return;
        }

        welcome.Assignments.Add(new AssignmentVerdict
        {
            AssignmentId = row.Id.ToString(),
            Order = AssignmentOrder.Forget,
            Epoch = row.Epoch,
            LastSeq = row.LastSeq,
            UnknownToAgent = true,
        });
        await EndUnknownAsync(row, $"agent {session.Name} came back without its records; nobody can know what came of it", ct);
    }

    private Task EndUnknownAsync(AssignmentRow row, string reason, CancellationToken ct) =>
        store.WriteAsync((database, cancel) => RunFinish.EndUnknownAsync(database, row, reason, time.GetUtcNow(), cancel), ct);
}

/// <summary>What an agent is to do with an assignment that it names. Pure.</summary>
internal static class AssignmentJudge
{
    /// <summary>
    /// True when the agent was told of more than is stored: it was acked further, or was given it again later. The database is an older copy
    /// then, and going on from it could do something twice.
    /// </summary>
    public static bool KnowsMore(long agentId, OpenAssignment open, AssignmentRow row) =>
        Safeguard.IsOn("older-database") && row.AgentId == agentId && row.State is not (WorkState.Ended or WorkState.Queued)
        && (open.Epoch > row.Epoch || (open.Epoch == row.Epoch && open.AckedSeq > row.LastSeq));

    /// <summary>
    /// Continue what is the agent's by the stored epoch; stop what is wanted to end or is not the agent's any more; forget what the server
    /// has whole and what was never confirmed.
    /// </summary>
    public static AssignmentVerdict Decide(long agentId, OpenAssignment open, AssignmentRow? row)
    {
        var verdict = new AssignmentVerdict { AssignmentId = open.AssignmentId, Epoch = row?.Epoch ?? 0, LastSeq = row?.LastSeq ?? 0 };
        bool mine = row is not null && row.AgentId == agentId && row.Epoch == open.Epoch;
        if (mine && row!.State is not (WorkState.Ended or WorkState.Queued))
        {
            verdict.Order = row.CancelRequested ? AssignmentOrder.Stop : AssignmentOrder.Continue;
            verdict.Reason = row.CancelReason;
            return verdict;
        }

        bool nothingRuns = open.Ended || open.Unconfirmed;
        verdict.Order = nothingRuns ? AssignmentOrder.Forget : AssignmentOrder.Stop;
        verdict.Reason = row is null ? "the server does not know this assignment" : "the assignment was ended or given to another agent";
        return verdict;
    }
}
