using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Agents;

internal static class AgentQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Agent> Agents => database.Set<Agent>();

        public DbSet<AgentPresence> AgentPresence => database.Set<AgentPresence>();

        public DbSet<JoinToken> JoinTokens => database.Set<JoinToken>();
    }
}
