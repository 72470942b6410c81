using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Triggers;

/// <summary>Reads of rules.</summary>
internal static class TriggerQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<TriggerRule> TriggerRules => database.Set<TriggerRule>();

        public DbSet<TriggerFiring> TriggerFirings => database.Set<TriggerFiring>();

        public DbSet<TriggerCursor> TriggerCursors => database.Set<TriggerCursor>();
    }

    /// <summary>Rules of one item, or of all, oldest first. Served by the index on the item.</summary>
    public static Task<List<TriggerRule>> OfItemAsync(this DbSet<TriggerRule> rules, long testItemId, CancellationToken ct) =>
        rules.AsNoTracking().Where(r => testItemId == 0 || r.TestItemId == testItemId).OrderBy(r => r.Id).ToListAsync(ct);

    /// <summary>One rule, tracked for change.</summary>
    /// <exception cref="OrbitException">TRIGGER_RULE_NOT_FOUND.</exception>
    public static async Task<TriggerRule> RequireAsync(this DbSet<TriggerRule> rules, long id, CancellationToken ct) =>
        await rules.AsTracking().FirstOrDefaultAsync(r => r.Id == id, ct)
        ?? throw OrbitException.NotFound("TRIGGER_RULE_NOT_FOUND", $"There is no trigger rule {id}.");
}
