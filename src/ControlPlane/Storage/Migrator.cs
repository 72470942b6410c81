using Microsoft.EntityFrameworkCore;

namespace Orbit.ControlPlane.Storage;

/// <summary>
/// Brings the database to the model of this program at start. Processes that start together do it one after the other; one that was
/// killed in the middle leaves nothing that blocks the next.
/// </summary>
internal sealed class Migrator(IDbContextFactory<OrbitDbContext> contexts, IMigrationLock onlyOne, TimeProvider time, ILogger<Migrator> log)
{
    /// <summary>Applies what is missing and makes partitions.</summary>
    public async Task MigrateAsync(CancellationToken ct)
    {
        await using (await onlyOne.TakeAsync(ct))
        {
            await using OrbitDbContext database = await contexts.CreateDbContextAsync(ct);
            if (database.IsEmbedded)
            {
                await PrepareSqliteAsync(database, ct);
            }

            string[] pending = [.. await database.Database.GetPendingMigrationsAsync(ct)];
            if (pending.Length > 0)
            {
                log.Migrating(pending.Length, pending[^1]);
                await database.Database.MigrateAsync(ct);
            }

            await Partitions.EnsureAsync(database, time.GetUtcNow(), ct);
        }
    }

    /// <summary>
    /// Turns write-ahead logging on, and removes the lock row that a process killed in the middle of a migration leaves behind, on which the
    /// next would wait for ever. Whoever holds our own lock knows that no other process migrates.
    /// </summary>
    private static async Task PrepareSqliteAsync(OrbitDbContext database, CancellationToken ct)
    {
        await database.RunAsync("PRAGMA auto_vacuum=INCREMENTAL", [], ct); // before the first table, or never: space of deleted rows can be given back
        await database.RunAsync("PRAGMA journal_mode=WAL", [], ct);
        await database.RunAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", [], ct);
    }
}
