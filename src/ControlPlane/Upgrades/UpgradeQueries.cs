using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Upgrades;

/// <summary>What an agent that was told is to fetch.</summary>
internal sealed record UpgradeOrder(long UpgradeId, long AgentId, int Attempt, string Version, string Package);

/// <summary>An upgrade with its agents.</summary>
internal sealed record UpgradeView(AgentUpgrade Upgrade, IReadOnlyList<UpgradeMember> Members);

/// <summary>Reads of upgrades. There are few of them; one is active at a time.</summary>
internal static class UpgradeQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<AgentUpgrade> AgentUpgrades => database.Set<AgentUpgrade>();

        public DbSet<UpgradeMember> UpgradeMembers => database.Set<UpgradeMember>();
    }

    /// <summary>The upgrade that has not ended; null when there is none.</summary>
    public static async Task<UpgradeView?> ActiveUpgradeAsync(this OrbitDbContext database, CancellationToken ct)
    {
        AgentUpgrade? upgrade = await database.AgentUpgrades
            .Where(u => u.State != UpgradeState.Completed && u.State != UpgradeState.Aborted).OrderBy(u => u.Id).FirstOrDefaultAsync(ct);
        return upgrade is null ? null : new UpgradeView(upgrade, await database.MembersAsync(upgrade.Id, ct));
    }

    /// <summary>One upgrade with its agents; null when there is none of that id.</summary>
    public static async Task<UpgradeView?> UpgradeAsync(this OrbitDbContext database, long id, CancellationToken ct) =>
        await database.AgentUpgrades.FirstOrDefaultAsync(u => u.Id == id, ct) is { } upgrade ? new UpgradeView(upgrade, await database.MembersAsync(id, ct)) : null;

    /// <summary>A page of upgrades, newest first.</summary>
    public static async Task<List<UpgradeView>> UpgradesAsync(this OrbitDbContext database, long before, int limit, CancellationToken ct)
    {
        List<AgentUpgrade> upgrades = await database.AgentUpgrades.AsNoTracking().Where(u => u.Id < before).OrderByDescending(u => u.Id).Take(limit).ToListAsync(ct);
        long[] ids = [.. upgrades.Select(u => u.Id)];
        List<UpgradeMember> members = await database.UpgradeMembers.AsNoTracking().Where(m => ids.Contains(m.UpgradeId)).ToListAsync(ct);
        return upgrades.ConvertAll(u => new UpgradeView(u, [.. members.Where(m => m.UpgradeId == u.Id)]));
    }

    /// <summary>What agents that were told are to fetch.</summary>
    public static Task<List<UpgradeOrder>> UpgradeOrdersAsync(this OrbitDbContext database, CancellationToken ct) =>
        database.UpgradeMembers.AsNoTracking().Where(m => m.State == MemberState.Told)
            .Join(
                database.AgentUpgrades.Where(u => u.State != UpgradeState.Completed && u.State != UpgradeState.Aborted), m => m.UpgradeId, u => u.Id,
                (m, u) => new UpgradeOrder(u.Id, m.AgentId, m.Attempt, u.Version, m.Package))
            .ToListAsync(ct);

    /// <summary>Agents as they are seen at this moment.</summary>
    /// <param name="database">Where.</param>
    /// <param name="silentSince">Who was not heard since then is away.</param>
    /// <param name="ct">Ends the work.</param>
    public static async Task<List<(Agent Agent, AgentSight Sight)>> AgentSightsAsync(this OrbitDbContext database, DateTimeOffset silentSince, CancellationToken ct)
    {
        var rows = await database.Agents.AsNoTracking().OrderBy(a => a.Id)
            .GroupJoin(database.AgentPresence.AsNoTracking(), a => a.Id, p => p.AgentId, (a, p) => new { Agent = a, Presence = p })
            .SelectMany(row => row.Presence.DefaultIfEmpty(), (row, p) => new { row.Agent, Presence = p })
            .ToListAsync(ct);
        return rows.ConvertAll(row => (row.Agent, new AgentSight(
            row.Presence is { Connected: true } && row.Presence.LastSeenAt > silentSince,
            row.Agent.Desire is AgentDesire.Active or AgentDesire.Draining,
            row.Presence?.LastSeenAt ?? row.Agent.CreatedAt,
            row.Agent.Version,
            row.Agent.Package)));
    }

    private static Task<List<UpgradeMember>> MembersAsync(this OrbitDbContext database, long upgrade, CancellationToken ct) =>
        database.UpgradeMembers.Where(m => m.UpgradeId == upgrade).OrderBy(m => m.AgentId).ToListAsync(ct);
}
