using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>
/// Who may read what came of a batch: its owner, admins, and those who may see every stored item that it ran. An item counts as it stands now;
/// one that was deleted as it stood when the batch was made.
/// </summary>
internal static class BatchAccessQueries
{
    /// <summary>Those of some batches that a caller may not read.</summary>
    public static async Task<HashSet<long>> HiddenAsync(this OrbitDbContext database, IEnumerable<ApiBatch> batches, Caller caller, CancellationToken ct)
    {
        ApiBatch[] others = [.. batches.Where(b => !IsOwn(b, caller))];
        return others.Length == 0 ? [] : [.. await database.WithoutAsync(others, await database.FolderAccessAsync(caller, ct), static (access, item) => access.MaySee(item), ct)];
    }

    /// <summary>Refuses to show what came of a batch.</summary>
    /// <exception cref="OrbitException">BATCH_NOT_FOUND, BATCH_FORBIDDEN.</exception>
    public static async Task RequireReadableAsync(this OrbitDbContext database, long id, Caller caller, CancellationToken ct) =>
        await database.RequireReadableAsync(await database.ApiBatches.AsNoTracking().RequireAsync(id, ct), caller, ct);

    /// <summary>Refuses to show what came of a batch.</summary>
    /// <exception cref="OrbitException">BATCH_FORBIDDEN.</exception>
    public static async Task RequireReadableAsync(this OrbitDbContext database, ApiBatch batch, Caller caller, CancellationToken ct)
    {
        if ((await database.HiddenAsync([batch], caller, ct)).Count > 0)
        {
            throw new OrbitException(Refusal.Forbidden, "BATCH_FORBIDDEN", $"Batch {batch.Id} ran cases that {caller.Name} may not see; {batch.RequestedBy} and admins may read what came of it.");
        }
    }

    /// <summary>Refuses to pause, stop, rerun or widen a batch to who could not have begun it.</summary>
    /// <exception cref="OrbitException">BATCH_FORBIDDEN.</exception>
    public static async Task RequireSteerableAsync(this OrbitDbContext database, ApiBatch batch, Caller caller, CancellationToken ct)
    {
        if (!IsOwn(batch, caller) && (await database.WithoutAsync([batch], await database.FolderAccessAsync(caller, ct), static (access, item) => access.MayRun(item), ct)).Count > 0)
        {
            throw new OrbitException(Refusal.Forbidden, "BATCH_FORBIDDEN", $"Batch {batch.Id} runs cases that {caller.Name} may not run; {batch.RequestedBy} and admins may steer it.");
        }
    }

    private static bool IsOwn(ApiBatch batch, Caller caller) => caller.IsAdmin || batch.RequestedBy == caller.Name || batch.Items == "[]";

    /// <summary>Ids of the batches with an item for which something does not hold.</summary>
    private static async Task<List<long>> WithoutAsync(
        this OrbitDbContext database, ApiBatch[] batches, FolderAccess access, Func<FolderAccess, RunItem, bool> holds, CancellationToken ct)
    {
        (long Batch, RunItem[] Items)[] all = [.. batches.Select(b => (b.Id, JsonSerializer.Deserialize<RunItem[]>(b.Items)!))];
        long[] ids = [.. all.SelectMany(b => b.Items).Select(i => i.Id).Distinct()];
        Dictionary<long, RunItem> now = (await database.ApiItems.AsNoTracking().Where(i => ids.Contains(i.Id)).Select(i => new { i.Id, i.Folder, i.Owner, i.Visibility }).ToListAsync(ct))
            .ToDictionary(i => i.Id, i => new RunItem(i.Id, i.Folder, i.Owner, i.Visibility is ApiVisibility.Private));
        return [.. all.Where(b => b.Items.Any(i => !holds(access, now.GetValueOrDefault(i.Id, i)))).Select(b => b.Batch)];
    }
}
