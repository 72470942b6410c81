using System.Collections.Concurrent;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Agents;

/// <summary>The live streams of this process.</summary>
internal sealed class AgentSessions
{
    private readonly ConcurrentDictionary<long, AgentSession> _byAgent = new();

    /// <summary>Id of this server process, new at every start.</summary>
    public Guid Replica { get; } = Guid.CreateVersion7();

    /// <summary>All live sessions.</summary>
    public ICollection<AgentSession> All => _byAgent.Values;

    /// <summary>Makes a session the agent's one; an older one in this process ends SUPERSEDED.</summary>
    public void Add(AgentSession session)
    {
        AgentSession? older = null;
        _byAgent.AddOrUpdate(
            session.AgentId,
            session,
            (_, present) =>
            {
                older = present;
                return session;
            });
        older?.Close(Superseded());
    }

    /// <summary>Forgets a session, unless a newer one has taken its place.</summary>
    public void Remove(AgentSession session) => _byAgent.TryRemove(new(session.AgentId, session));

    /// <summary>The agent's live session in this process; null when it has none here.</summary>
    public AgentSession? Find(long agentId) => _byAgent.GetValueOrDefault(agentId);

    /// <summary>The refusal that ends an older session.</summary>
    public static OrbitException Superseded() =>
        new(Refusal.Fenced, "SUPERSEDED", "A newer session of the same agent has taken over.");
}
