using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads of resource pools.</summary>
internal static class PoolQueries
{
    /// <summary>All pools by name, with how many of their places pieces hold.</summary>
    public static async Task<(List<ApiPool> Pools, Dictionary<string, int> Taken)> PoolsAsync(this OrbitDbContext database, CancellationToken ct) =>
        (await database.ApiPools.AsNoTracking().OrderBy(p => p.Name).Take(1000).ToListAsync(ct), await database.TakenPlacesAsync(ct));

    /// <summary>
    /// Locks the pools, one by one in the order of their names so that two batches never wait for each other, and counts what pieces of all
    /// batches hold. A pool that is gone has no place. Null: the batch needs none.
    /// </summary>
    public static async Task<PoolRoom?> PoolRoomAsync(this OrbitDbContext database, ApiBatch batch, CancellationToken ct)
    {
        if (batch.Pools == "{}")
        {
            return null;
        }

        var free = new Dictionary<string, int>(StringComparer.Ordinal);
        IReadOnlyList<string> names = PoolRoom.NamesOf(batch);
        foreach (string name in names)
        {
            await database.RunAsync("UPDATE api_pools SET revision = revision + 1 WHERE name = @p0", [name], ct);
        }

        foreach (ApiPool pool in await database.ApiPools.AsNoTracking().Where(p => names.Contains(p.Name)).ToListAsync(ct))
        {
            free[pool.Name] = pool.Size;
        }

        foreach ((string name, int taken) in await database.TakenPlacesAsync(ct))
        {
            free[name] = free.GetValueOrDefault(name) - taken;
        }

        return new PoolRoom(free, JsonSerializer.Deserialize<Dictionary<string, string[]>>(batch.Pools)!);
    }

    /// <summary>Places that pieces hold, by pool. Served by the index of pieces that hold any.</summary>
    public static async Task<Dictionary<string, int>> TakenPlacesAsync(this OrbitDbContext database, CancellationToken ct)
    {
        List<string> held = await database.ApiBatchPieces.AsNoTracking().Where(p => p.Pools != "").Select(p => p.Pools).ToListAsync(ct);
        return held.SelectMany(p => p.Split(',', StringSplitOptions.RemoveEmptyEntries)).GroupBy(p => p).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
    }
}
