using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.Shared;

namespace Orbit.ControlPlane.Gateway;

/// <summary>
/// What the database wants of the agents connected here: ends of assignments, drain, disable, a newer session elsewhere. Read at every
/// heartbeat interval for all sessions at once, and at once when somebody signals one agent.
/// </summary>
internal sealed class SessionWishes(
    OrbitStore store, AgentSessions sessions, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<SessionWishes> log)
    : PeriodicPass(time, signals, log)
{
    /// <summary>Topic that makes the pass run at once.</summary>
    public const string Hinted = "agent-wishes";

    private static readonly Duration Grace = Duration.FromTimeSpan(TimeSpan.FromSeconds(30));
    private readonly ConcurrentDictionary<long, List<CancelIntent>> _cancels = new();
    private volatile ILookup<long, TimeExtension> _extensions = Array.Empty<TimeExtension>().ToLookup(_ => 0L);
    private readonly TimeProvider _time = time;
    private readonly Signals _signals = signals;
    private long _presenceWritten;

    /// <inheritdoc />
    protected override TimeSpan Pause => options.Value.HeartbeatInterval / 2;

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [Hinted];

    /// <summary>Ends that are wanted of an agent, repeated until it reports them.</summary>
    public IReadOnlyList<CancelIntent> CancelsOf(AgentSession session) =>
        _cancels.TryGetValue(session.AgentId, out List<CancelIntent>? wanted) && Safeguard.IsOn("cancel-repeated") ? wanted : [];

    /// <summary>Time that was added to what an agent has, told with each heartbeat.</summary>
    public IEnumerable<TimeExtension> ExtensionsOf(AgentSession session) => _extensions[session.AgentId];

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _signals.RaisedHere += OnSignal;
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _signals.RaisedHere -= OnSignal;
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        CloseSilent();
        AgentSession[] live = [.. sessions.All];
        if (live.Length == 0)
        {
            return;
        }

        long[] ids = Array.ConvertAll(live, s => s.AgentId);
        List<WantedState> wanted = await store.ReadAsync((database, cancel) => WantedAsync(database, ids, cancel), ct);
        List<(Guid Id, long AgentId, string Reason)> ends = await store.ReadAsync(EndsAsync, ct);
        _extensions = (await store.ReadAsync(ExtensionsAsync, ct)).ToLookup(
            e => e.AgentId, e => new TimeExtension { AssignmentId = e.Id.ToString(), Extra = Duration.FromTimeSpan(TimeSpan.FromSeconds(e.Seconds)) });
        foreach (AgentSession session in live)
        {
            Apply(session, wanted.Find(w => w.Id == session.AgentId));
            Tell(session, [.. ends.Where(e => e.AgentId == session.AgentId)]);
        }

        await StorePresenceAsync([.. live.Where(s => s.CloseReason is null)], ct); // one that was just closed is not present any more
    }

    private void OnSignal(string topic)
    {
        if (topic.StartsWith("agent:", StringComparison.Ordinal))
        {
            _signals.RaiseHere(Hinted);
        }
    }

    private void CloseSilent()
    {
        foreach (AgentSession session in sessions.All)
        {
            if (_time.GetElapsedTime(session.LastHeard) > options.Value.Silence)
            {
                session.Close(OrbitException.Later("AGENT_SILENT", "No word from the agent for three heartbeats.", TimeSpan.FromSeconds(1)));
            }
        }
    }

    private static Task<List<WantedState>> WantedAsync(OrbitDbContext database, long[] ids, CancellationToken ct) =>
        database.IsEmbedded
            ? database.QueryAsync("SELECT id, session_epoch, desire, note, key_wanted FROM agents", [], Map, ct)
            : database.QueryAsync("SELECT id, session_epoch, desire, note, key_wanted FROM agents WHERE id = ANY(@p0)", [ids], Map, ct);

    private static WantedState Map(SqlRow row) => new(row.Long(0), row.Long(1), row.Named<AgentDesire>(2), row.Text(3), row.Flag(4));

    private static Task<List<(Guid Id, long AgentId, string Reason)>> EndsAsync(OrbitDbContext database, CancellationToken ct) =>
        database.QueryAsync(
            "SELECT id, agent_id, cancel_reason FROM work_items WHERE state <> 'Ended' AND agent_id IS NOT NULL AND cancel_requested_at IS NOT NULL",
            [], static row => (row.Uuid(0), row.Long(1), row.Text(2)), ct);

    private static Task<List<(Guid Id, long AgentId, long Seconds)>> ExtensionsAsync(OrbitDbContext database, CancellationToken ct) =>
        database.QueryAsync(
            "SELECT id, agent_id, extended_seconds FROM work_items WHERE state <> 'Ended' AND agent_id IS NOT NULL AND extended_seconds IS NOT NULL",
            [], static row => (row.Uuid(0), row.Long(1), row.Long(2)), ct);

    private static void Apply(AgentSession session, WantedState? wanted)
    {
        if (wanted is null)
        {
            session.Close(new OrbitException(Refusal.Unauthenticated, "AGENT_UNKNOWN", "This agent has been deleted."));
        }
        else if (wanted.Desire is AgentDesire.Quarantined)
        {
            session.Close(new OrbitException(Refusal.Forbidden, "AGENT_QUARANTINED", $"The agent is quarantined: {wanted.Note}"));
        }
        else if (wanted.Epoch > session.Epoch && Safeguard.IsOn("session-fence"))
        {
            session.Close(AgentSessions.Superseded());
        }
        else if (wanted.Desire is AgentDesire.Disabled)
        {
            session.Close(new OrbitException(Refusal.Forbidden, "AGENT_DISABLED", $"The agent is disabled: {wanted.Note}"));
        }
        else if (wanted.KeyWanted && !session.KeyAsked)
        {
            session.KeyAsked = true;
            session.Post(new() { Desired = new DesiredState { Draining = session.Draining, NewKey = true } });
        }
        else if (session.Draining != (wanted.Desire is AgentDesire.Draining) && !session.DrainsByItself)
        {
            session.Draining = wanted.Desire is AgentDesire.Draining;
            session.Post(new() { Desired = new DesiredState { Draining = session.Draining } });
        }
    }

    private void Tell(AgentSession session, (Guid Id, long AgentId, string Reason)[] ends)
    {
        IReadOnlyList<CancelIntent> told = CancelsOf(session);
        List<CancelIntent> intents = [.. ends.Select(e => new CancelIntent { AssignmentId = e.Id.ToString(), Reason = e.Reason, Grace = Grace })];
        if (intents.Count == 0)
        {
            _cancels.TryRemove(session.AgentId, out _);
            return;
        }

        _cancels[session.AgentId] = intents;
        foreach (CancelIntent intent in intents.Where(i => !told.Any(t => t.AssignmentId == i.AssignmentId)))
        {
            session.Post(new() { Cancel = intent });
        }
    }

    /// <summary>
    /// Writes when each agent was last heard, all in one statement, at most once in a heartbeat interval; what is new of its disk at once. Who
    /// has left since stays away.
    /// </summary>
    private async Task StorePresenceAsync(AgentSession[] live, CancellationToken ct)
    {
        if (_presenceWritten != 0 && _time.GetElapsedTime(_presenceWritten) < options.Value.HeartbeatInterval * 0.9)
        {
            live = Array.FindAll(live, s => NoteOf(s) != s.DiskNoteStored);
        }
        else
        {
            _presenceWritten = _time.GetTimestamp();
        }

        if (live.Length == 0)
        {
            return;
        }

        string[] notes = Array.ConvertAll(live, NoteOf);
        AgentSession[] news = [.. live.Where((s, i) => notes[i] != s.DiskNoteStored)];
        DateTimeOffset now = _time.GetUtcNow();
        BulkColumn[] columns =
        [
            new("agent_id", "bigint", Array.ConvertAll(live, s => s.AgentId)),
            new("last_seen_at", "timestamptz", Array.ConvertAll(live, s => now - _time.GetElapsedTime(s.LastHeard))),
            new("free_bytes", "bigint", Array.ConvertAll(live, s => s.FreeBytes)),
            new("disk_note", "text", notes),
        ];
        await store.WriteAsync(
            async (database, cancel) =>
            {
                await (database.IsEmbedded
                    ? database.EachAsync(
                        "UPDATE agent_presence SET last_seen_at = MAX(last_seen_at, @p1), connected = (connected OR last_seen_at < @p1), free_bytes = @p2, disk_note = @p3 WHERE agent_id = @p0",
                        columns, cancel)
                    : database.RunAsync(
                        $"""
                        UPDATE agent_presence p
                        SET last_seen_at = GREATEST(p.last_seen_at, x.seen), connected = (p.connected OR p.last_seen_at < x.seen), free_bytes = x.free, disk_note = x.note
                        FROM {Bulk.Unnest(columns)} AS x(id, seen, free, note) WHERE p.agent_id = x.id
                        """,
                        Bulk.Arrays(columns), cancel));
                foreach (AgentSession session in news)
                {
                    database.Changed("agents", session.AgentId);
                }

                if (news.Length > 0)
                {
                    database.RaiseAfterCommit(Topics.Queue); // so that who waits is told why
                }
            },
            ct);
        for (int i = 0; i < live.Length; i++)
        {
            live[i].DiskNoteStored = notes[i];
        }
    }

    /// <summary>What others are to see of its disk: nothing until it has had the time to say something.</summary>
    private static string NoteOf(AgentSession session) => session.Proven ? session.DiskNote : "";
}

/// <summary>What the database wants of one agent.</summary>
internal sealed record WantedState(long Id, long Epoch, AgentDesire Desire, string Note, bool KeyWanted);
