using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

/// <summary>What an agent said of itself when it connected, checked for form.</summary>
internal sealed record AgentFacts(
    string Host, string Version, string Platform, IReadOnlyDictionary<string, string> Labels, int Slots, int ApiSlots, string RemoteAddress, string Instance)
{
    /// <summary>System of its package; empty: it cannot exchange its own program.</summary>
    public string System { get; init; } = "";

    /// <summary>SHA-256 of the archive that it was installed from; empty when it does not know.</summary>
    public string Package { get; init; } = "";
}

/// <summary>A session that has been opened in the database.</summary>
/// <param name="Agent">The agent after the opening.</param>
/// <param name="UploadToken">Opens the upload stream; only its hash is stored.</param>
internal sealed record OpenedSession(Agent Agent, string UploadToken)
{
    /// <summary>True: the session was not opened, because two processes have the agent's key.</summary>
    public bool Quarantined { get; init; }
}

/// <summary>Opens and closes sessions in the database.</summary>
internal sealed class SessionCommands(OrbitStore store, AgentSessions sessions, TimeProvider time)
{
    /// <summary>The agent of a key. Refuses unknown and disabled ones.</summary>
    public async Task<Agent> FindByKeyAsync(string keyId, CancellationToken ct)
    {
        Agent? agent = keyId.Length == 0 ? null : await store.ReadAsync(
            (database, cancel) => database.Agents.SingleOrDefaultAsync(a => a.KeyId == keyId || a.PreviousKeyId == keyId, cancel), ct);
        return agent switch
        {
            { Desire: AgentDesire.Quarantined } => throw Quarantined(agent),
            null => throw new OrbitException(Refusal.Unauthenticated, "AGENT_UNKNOWN", "No agent has joined with this key; join again with a new token."),
            { Desire: AgentDesire.Disabled } => throw new OrbitException(Refusal.Forbidden, "AGENT_DISABLED", $"Agent {agent.Name} is disabled: {agent.Note}"),
            _ => agent,
        };
    }

    /// <summary>Raises the session epoch, which fences every older session, and stores what the agent said of itself.</summary>
    public async Task<OpenedSession> OpenAsync(long agentId, string keyId, AgentFacts facts, CancellationToken ct)
    {
        OpenedSession opened = await StoreOpeningAsync(agentId, keyId, facts, ct);
        return opened.Quarantined ? throw Quarantined(opened.Agent) : opened;
    }

    private static OrbitException Quarantined(Agent agent) => new(Refusal.Forbidden, "AGENT_QUARANTINED", $"Agent {agent.Name} is quarantined: {agent.Note}");

    private Task<OpenedSession> StoreOpeningAsync(long agentId, string keyId, AgentFacts facts, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                string secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                string token = $"{agentId}.{secret}";
                int there = await database.Agents.Where(a => a.Id == agentId)
                    .ExecuteUpdateAsync(set => set.SetProperty(a => a.SessionEpoch, a => a.SessionEpoch + 1), cancel);
                if (there == 0)
                {
                    throw new OrbitException(Refusal.Unauthenticated, "AGENT_UNKNOWN", "This agent has been deleted; join again with a new token.");
                }

                Agent agent = await database.Agents.SingleAsync(a => a.Id == agentId, cancel);
                if (agent.KeyId != keyId && agent.PreviousKeyId != keyId)
                {
                    throw new OrbitException(Refusal.Unauthenticated, "AGENT_UNKNOWN", "The key was exchanged or revoked; join again with a new token.");
                }

                if (IsCopy(agent, facts.Instance))
                {
                    await QuarantineCopiesAsync(database, agent, facts.RemoteAddress, cancel);
                    return new OpenedSession(agent, "") { Quarantined = true };
                }

                Follow(agent, keyId, facts.Instance);
                (agent.Host, agent.Version, agent.Platform) = (facts.Host.Length == 0 ? agent.Name : facts.Host, facts.Version, facts.Platform);
                (agent.Slots, agent.ApiSlots) = (facts.Slots, facts.ApiSlots);
                (agent.System, agent.Package) = (facts.System, facts.Package);
                agent.Labels = Merge(facts.Labels, agent.TokenLabels);
                agent.UploadTokenHash = AgentKey.HashOf(Encoding.UTF8.GetBytes(token));
                await PresentAsync(database, agentId, facts.RemoteAddress, now, cancel);
                database.Changed("agents", agentId);
                database.RaiseAfterCommit(Topics.Agent(agentId)); // an older session elsewhere ends
                database.RaiseAfterCommit(Topics.Queue);
                return new OpenedSession(agent, token);
            },
            ct);

    /// <summary>Notes that a session has ended; a newer one is left alone.</summary>
    public Task CloseAsync(AgentSession session, CancellationToken ct) =>
        store.WriteAsync(
            async (database, cancel) =>
            {
                bool newest = await database.Agents.AnyAsync(a => a.Id == session.AgentId && a.SessionEpoch == session.Epoch, cancel);
                if (newest)
                {
                    DateTimeOffset now = time.GetUtcNow();
                    await database.AgentPresence.Where(p => p.AgentId == session.AgentId)
                        .ExecuteUpdateAsync(set => set.SetProperty(p => p.Connected, false).SetProperty(p => p.LastSeenAt, now), cancel);
                    database.Changed("agents", session.AgentId);
                    database.RaiseAfterCommit(Topics.Queue);
                }
            },
            ct);

    /// <summary>The agent and session epoch that an upload token opens for. Refuses all but the newest session's.</summary>
    public async Task<(long AgentId, long Epoch)> RequireUploadTokenAsync(string token, CancellationToken ct)
    {
        string hash = AgentKey.HashOf(Encoding.UTF8.GetBytes(token));
        bool hasId = long.TryParse(token.Split('.')[0], out long agentId);
        Agent? agent = !hasId ? null : await store.ReadAsync((database, cancel) => database.Agents.SingleOrDefaultAsync(a => a.Id == agentId, cancel), ct);
        if (agent is null || agent.Desire is AgentDesire.Disabled or AgentDesire.Quarantined
            || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(agent.UploadTokenHash)))
        {
            throw new OrbitException(Refusal.Unauthenticated, "UPLOAD_TOKEN_INVALID", "The upload token is not that of the agent's newest session.");
        }

        return (agentId, agent.SessionEpoch);
    }

    /// <summary>True while no newer session was opened and the agent may be connected at all.</summary>
    public Task<bool> IsNewestAsync(long agentId, long epoch, CancellationToken ct) =>
        store.ReadAsync(
            (database, cancel) => database.Agents.AnyAsync(
                a => a.Id == agentId && a.SessionEpoch == epoch && a.Desire != AgentDesire.Disabled && a.Desire != AgentDesire.Quarantined, cancel),
            ct);

    /// <summary>
    /// A process never comes back under its id once it has ended. One that comes back after another took its place lives beside it: the
    /// data directory was copied, with the key in it.
    /// </summary>
    private static bool IsCopy(Agent agent, string instance) => instance.Length > 0 && instance != agent.Instance && instance == agent.PreviousInstance;

    private static void Follow(Agent agent, string keyId, string instance)
    {
        if (instance != agent.Instance)
        {
            (agent.PreviousInstance, agent.Instance) = (agent.Instance, instance);
        }

        if (keyId == agent.KeyId)
        {
            (agent.PreviousKeyId, agent.PreviousPublicKey) = ("", []); // the new key has been used: the old one is worth nothing
        }
    }

    private static async Task QuarantineCopiesAsync(OrbitDbContext database, Agent agent, string remote, CancellationToken ct)
    {
        string other = (await database.AgentPresence.SingleOrDefaultAsync(p => p.AgentId == agent.Id, ct))?.RemoteAddress ?? "";
        agent.Desire = AgentDesire.Quarantined;
        agent.Note = $"two processes have its key, one at {other} and one at {remote}: its data directory was copied. "
            + "End the copy and resume the agent, or join the right host again with a new token (orbit agent join --rejoin).";
        database.DesireChanged(agent.Id);
    }

    private async Task PresentAsync(OrbitDbContext database, long agentId, string remote, DateTimeOffset now, CancellationToken ct)
    {
        AgentPresence? presence = await database.AgentPresence.SingleOrDefaultAsync(p => p.AgentId == agentId, ct);
        if (presence is null)
        {
            presence = new AgentPresence { AgentId = agentId };
            database.AgentPresence.Add(presence);
        }

        (presence.Connected, presence.LastSeenAt, presence.RemoteAddress, presence.Replica) = (true, now, remote, sessions.Replica);
        (presence.FreeBytes, presence.DiskNote) = (null, ""); // of the session before
    }

    /// <summary>The agent's own labels with those of its join token over them.</summary>
    private static string Merge(IReadOnlyDictionary<string, string> own, string tokenLabels)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in own)
        {
            merged[key] = value;
        }

        foreach ((string key, string value) in LabelsJson.Parse(tokenLabels))
        {
            merged[key] = value;
        }

        return JsonSerializer.Serialize(merged);
    }
}

/// <summary>Labels as they are stored.</summary>
internal static class LabelsJson
{
    /// <summary>Reads a stored JSON object of texts.</summary>
    public static Dictionary<string, string> Parse(string json) => JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? [];

    /// <summary>Writes labels for storing, sorted by name.</summary>
    public static string Write(IEnumerable<KeyValuePair<string, string>> labels) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal));

    /// <summary>True when all required labels are there with equal values.</summary>
    public static bool Covers(this IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, string> required)
    {
        foreach ((string key, string value) in required)
        {
            if (!labels.TryGetValue(key, out string? has) || has != value)
            {
                return false;
            }
        }

        return true;
    }
}
