using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Care;

/// <summary>An agent that takes work and on whose host deploy test after deploy test failed.</summary>
/// <param name="Agent">As it was seen.</param>
/// <param name="Runs">The newest of these runs, newest first.</param>
internal sealed record FailingHost(Agent Agent, IReadOnlyList<long> Runs);

/// <summary>Reads whose hosts fail.</summary>
internal static class HostTrustQueries
{
    /// <summary>
    /// Agents that take work and whose newest <paramref name="many"/> runs, of those made since <paramref name="since"/> and ended since they were
    /// last resumed, all failed of the host. A run that was cancelled says nothing of it. Served by the index of when runs were made, so that
    /// history costs nothing; only agents with that many failures are looked at any closer.
    /// </summary>
    public static async Task<List<FailingHost>> FailingHostsAsync(this OrbitDbContext database, int many, DateTimeOffset since, CancellationToken ct)
    {
        List<string> names = await database.Runs.AsNoTracking()
            .Where(r => r.CreatedAt >= since && r.FailureClass == FailureClass.Infrastructure)
            .GroupBy(r => r.AgentName).Where(g => g.Count() >= many).Select(g => g.Key).ToListAsync(ct);
        var failing = new List<FailingHost>();
        foreach (Agent agent in await database.Agents.AsNoTracking().Where(a => names.Contains(a.Name) && a.Desire == AgentDesire.Active).ToListAsync(ct))
        {
            DateTimeOffset trusted = agent.TrustedSince ?? agent.CreatedAt;
            var newest = await database.Runs.AsNoTracking()
                .Where(r => r.AgentName == agent.Name && r.CreatedAt >= since && r.FinishedAt > trusted && r.Status != RunStatus.Cancelled)
                .OrderByDescending(r => r.FinishedAt).Take(many).Select(r => new { r.Id, r.FailureClass }).ToListAsync(ct);
            if (newest.Count == many && newest.All(r => r.FailureClass == FailureClass.Infrastructure))
            {
                failing.Add(new(agent, [.. newest.Select(r => r.Id)]));
            }
        }

        return failing;
    }
}
