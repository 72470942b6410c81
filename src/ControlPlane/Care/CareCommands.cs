using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Care;

/// <summary>What is done about agents without anybody asking. Repeating it, on any replica, changes nothing.</summary>
internal sealed class CareCommands(OrbitStore store, TimeProvider time, ILogger<CareCommands> log)
{
    /// <summary>Who did it, in the audit log.</summary>
    public static readonly Caller Itself = new("orbit", IsAdmin: true, SessionId: null, RemoteAddress: "");

    /// <summary>Gives agents work again whose draining is over.</summary>
    public async Task EndDrainsAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<Agent> over = await store.ReadAsync((database, token) => Over(database, now).OrderBy(a => a.Id).ToListAsync(token), ct);
        foreach (Agent agent in over)
        {
            if (await EndDrainAsync(agent, ct))
            {
                log.DrainEnded(agent.Name);
            }
        }
    }

    /// <summary>Ends the draining of an agent that was seen to be over.</summary>
    /// <returns>False: it is not, or not any more. Somebody was quicker, or wants something else of the agent by now.</returns>
    public Task<bool> EndDrainAsync(Agent seen, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                int ended = await Over(database, now).Where(a => a.Id == seen.Id && a.DrainedUntil == seen.DrainedUntil).ExecuteUpdateAsync(
                    set => set.SetProperty(a => a.Desire, AgentDesire.Active).SetProperty(a => a.Note, "").SetProperty(a => a.DrainedUntil, (DateTimeOffset?)null), token);
                if (ended == 0)
                {
                    return false;
                }

                database.Audit(Itself, now, "agent.drain_ended", $"agent:{seen.Name}", new { seen.Desire, seen.Note, seen.DrainedUntil }, new { Desire = AgentDesire.Active });
                database.DesireChanged(seen.Id);
                return true;
            },
            ct);

    private static IQueryable<Agent> Over(OrbitDbContext database, DateTimeOffset now) =>
        database.Agents.Where(a => a.Desire == AgentDesire.Draining && a.DrainedUntil != null && a.DrainedUntil <= now);
}
