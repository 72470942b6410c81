using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

internal static class AgentQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Agent> Agents => database.Set<Agent>();

        public DbSet<AgentPresence> AgentPresence => database.Set<AgentPresence>();

        public DbSet<JoinToken> JoinTokens => database.Set<JoinToken>();

        /// <summary>What is wanted of an agent has changed: lists show it, its session learns of it, and the queue looks again who may get work.</summary>
        public void DesireChanged(long agent)
        {
            database.Changed("agents", agent);
            database.RaiseAfterCommit(Topics.Agent(agent));
            database.RaiseAfterCommit(Topics.Queue);
        }
    }
}
