using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Care;

/// <summary>An agent that is to look at its host.</summary>
/// <param name="AgentId">Which.</param>
/// <param name="Asked">When somebody asked who still waits for it; null: it is just time again.</param>
internal sealed record CheckDue(long AgentId, DateTimeOffset? Asked);

/// <summary>Reads of what care needs.</summary>
internal static class CareQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<AgentCheck> AgentChecks => database.Set<AgentCheck>();
    }

    /// <summary>
    /// Agents that somebody asked of since <paramref name="askedSince"/> and that have not answered, and those that last looked before
    /// <paramref name="before"/>. The tables have a row an agent.
    /// </summary>
    public static async Task<List<CheckDue>> ChecksDueAsync(this OrbitDbContext database, DateTimeOffset before, DateTimeOffset askedSince, CancellationToken ct)
    {
        var rows = await database.Agents.AsNoTracking()
            .GroupJoin(database.AgentChecks.AsNoTracking(), a => a.Id, c => c.AgentId, (a, c) => new { a.Id, a.CreatedAt, Checks = c })
            .SelectMany(row => row.Checks.DefaultIfEmpty(), (row, c) => new { row.Id, row.CreatedAt, Asked = c!.AskedAt, Checked = c.CheckedAt })
            .ToListAsync(ct);
        return
        [
            .. rows.Select(r => (Due: new CheckDue(r.Id, r.Asked > askedSince && !(r.Checked >= r.Asked) ? r.Asked : null), Late: (r.Checked ?? r.CreatedAt) < before))
                .Where(r => r.Due.Asked is not null || r.Late).Select(r => r.Due),
        ];
    }
}
