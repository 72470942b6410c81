using System.Data.Common;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Builds;

/// <summary>
/// On PostgreSQL, makes the index that finds builds by any part of their texts. It needs the extension pg_trgm, which PostgreSQL brings along
/// and the owner of a database may switch on; without it the search still works, by reading all builds.
/// </summary>
internal sealed class BuildSearchIndex(OrbitStore store, ILogger<BuildSearchIndex> log) : IBeforeStart
{
    private const string Index = "ix_builds_search";

    /// <inheritdoc />
    public async Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        try
        {
            await store.WriteAsync(MakeAsync, ct);
        }
        catch (DbException refused)
        {
            log.SearchIndexMissing(refused.Message);
        }
    }

    private static async Task MakeAsync(OrbitDbContext database, CancellationToken ct)
    {
        if (database.IsEmbedded)
        {
            return;
        }

        // Replicas that start together make one.
        await database.RunAsync($"SELECT pg_advisory_xact_lock(hashtextextended('{Index}', 1))", [], ct);
        List<long> there = await database.QueryAsync($"SELECT count(*) FROM pg_indexes WHERE indexname = '{Index}'", [], row => row.Long(0), ct);
        if (there[0] == 0)
        {
            await database.RunAsync("CREATE EXTENSION IF NOT EXISTS pg_trgm", [], ct);
            await database.RunAsync($"CREATE INDEX {Index} ON builds USING gin (search gin_trgm_ops)", [], ct);
        }
    }
}
