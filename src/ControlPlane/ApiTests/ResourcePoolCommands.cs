using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Changes resource pools.</summary>
internal sealed class ResourcePoolCommands(OrbitStore store, TimeProvider time)
{
    private const int MostPlaces = 1000;
    private const int MostPools = 1000;

    public Task<ApiPool> PutAsync(string name, int size, string description, Caller by, CancellationToken ct)
    {
        string? problem = TextRule.NameProblem(name, 100) is { } wrong ? $"The name {wrong}."
            : name.Contains(',', StringComparison.Ordinal) ? "The name must not hold a comma."
            : size is < 1 or > MostPlaces ? $"The size must be from 1 to {MostPlaces}."
            : TextRule.LineProblem(description, 500) is { } line ? $"The description {line}." : null;
        if (problem is not null)
        {
            throw OrbitException.Invalid("RESOURCE_POOL_INVALID", problem);
        }

        return store.WriteAsync(
            async (database, token) =>
            {
                ApiPool? pool = await database.ApiPools.AsTracking().FirstOrDefaultAsync(p => p.Name == name, token);
                object? before = pool is null ? null : Audited(pool);
                if (pool is null)
                {
                    if (await database.ApiPools.CountAsync(token) >= MostPools)
                    {
                        throw OrbitException.Invalid("RESOURCE_POOL_INVALID", $"There are {MostPools} pools already, which is the most.");
                    }

                    database.ApiPools.Add(pool = new() { Name = name });
                }

                (pool.Size, pool.Description, pool.UpdatedAt, pool.UpdatedBy, pool.Revision) = (size, description, time.GetUtcNow(), by.Name, pool.Revision + 1);
                database.Audit(by, pool.UpdatedAt, "resource_pool.changed", $"resource_pool:{name}", before, Audited(pool));
                database.RaiseAfterCommit(Topics.Batches);
                return pool;
            },
            ct);
    }

    public Task DeleteAsync(string name, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiPool pool = await database.ApiPools.AsTracking().FirstOrDefaultAsync(p => p.Name == name, token)
                    ?? throw OrbitException.NotFound("RESOURCE_POOL_NOT_FOUND", $"There is no resource pool '{name}'.");
                List<ApiBatch> open = await database.ApiBatches.AsNoTracking().Where(b => (b.Status == BatchStatus.Running || b.Status == BatchStatus.Paused) && b.Pools != "{}").ToListAsync(token);
                if (open.Find(b => PoolRoom.NamesOf(b).Contains(name)) is { } user)
                {
                    throw OrbitException.Conflict("RESOURCE_POOL_IN_USE", $"Batch {user.Id} has not ended and needs the resource pool '{name}'.");
                }

                database.ApiPools.Remove(pool);
                database.Audit(by, time.GetUtcNow(), "resource_pool.deleted", $"resource_pool:{name}", Audited(pool));
            },
            ct);

    private static object Audited(ApiPool pool) => new { pool.Size, pool.Description };
}
