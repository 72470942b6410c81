using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Inventory;

/// <summary>An installed service with what others know of it.</summary>
internal sealed record InventoryRow(InstalledOnHost Installed, string Agent, string Host, string DeployedBy);

/// <summary>Reads of the inventory.</summary>
internal static class InventoryQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<InstalledOnHost> InstalledOnHosts => database.Set<InstalledOnHost>();
    }

    /// <summary>A page by agent and service. The table has a row a host and service.</summary>
    /// <param name="database">Where.</param>
    /// <param name="filter">Agent and service, each empty for all; and whether only changed ones.</param>
    /// <param name="after">The last row of the page before; empty texts for the first page.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="ct">Ends the work.</param>
    public static async Task<List<InventoryRow>> InventoryAsync(
        this OrbitDbContext database, (string Agent, string Service, bool Changed) filter, (string Agent, string Service) after, int limit, CancellationToken ct)
    {
        var rows = await database.InstalledOnHosts.AsNoTracking()
            .Join(database.Agents.AsNoTracking(), i => i.AgentId, a => a.Id, (i, a) => new { Installed = i, a.Name, a.Host })
            .Where(r => (filter.Agent == "" || r.Name == filter.Agent) && (filter.Service == "" || r.Installed.Service == filter.Service) && (!filter.Changed || r.Installed.Changed > 0))
            .Where(r => string.Compare(r.Name, after.Agent) > 0 || (r.Name == after.Agent && string.Compare(r.Installed.Service, after.Service) > 0))
            .OrderBy(r => r.Name).ThenBy(r => r.Installed.Service)
            .Take(limit)
            .ToListAsync(ct);
        long[] runs = [.. rows.Select(r => r.Installed.RunId).Distinct()];
        Dictionary<long, string> people = await database.Runs.AsNoTracking().Where(r => runs.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.RequestedBy, ct);
        return rows.ConvertAll(r => new InventoryRow(r.Installed, r.Name, r.Host, people.GetValueOrDefault(r.Installed.RunId, "")));
    }
}
