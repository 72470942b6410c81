using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What decides who may read what came of a batch. Kept with what was noted of it too, as that outlives the batch.</summary>
/// <param name="Owner">Who began it.</param>
/// <param name="Items">JSON array of <see cref="RunItem"/>; without any it ran a document.</param>
/// <param name="Shared">True: a document that everybody may know of.</param>
internal sealed record BatchScope(string Owner, string Items, bool Shared)
{
    /// <summary>True when it ran no stored item.</summary>
    public bool IsDocument => Items == "[]";
}

/// <summary>
/// Who may read what came of a batch: its owner, admins, and those who may see every stored item that it ran. An item counts as it stands now;
/// one that was deleted as it stood when the batch was made. A document has no items: its owner says whether others may.
/// </summary>
internal static class BatchAccessQueries
{
    /// <summary>Those of some batches that a caller may not read.</summary>
    public static async Task<HashSet<long>> HiddenAsync(this OrbitDbContext database, IEnumerable<ApiBatch> batches, Caller caller, CancellationToken ct) =>
        [.. (await database.HiddenAsync(batches, static b => b.Scope, caller, ct)).Select(b => b.Id)];

    /// <summary>Those of some things that came of batches which a caller may not read.</summary>
    public static Task<HashSet<T>> HiddenAsync<T>(this OrbitDbContext database, IEnumerable<T> things, Func<T, BatchScope> scopeOf, Caller caller, CancellationToken ct)
        where T : class => database.WithoutAsync(things, scopeOf, caller, static (access, item) => access.MaySee(item), ct);

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
            throw Forbidden(batch, $"ran {What(batch)} that {caller.Name} may not see; {batch.RequestedBy} and admins may read what came of it.");
        }
    }

    /// <summary>Refuses to pause, stop, rerun or widen a batch to who could not have begun it.</summary>
    /// <exception cref="OrbitException">BATCH_FORBIDDEN.</exception>
    public static async Task RequireSteerableAsync(this OrbitDbContext database, ApiBatch batch, Caller caller, CancellationToken ct)
    {
        if ((await database.WithoutAsync([batch], static b => b.Scope, caller, static (access, item) => access.MayRun(item), ct)).Count > 0)
        {
            throw Forbidden(batch, $"runs {What(batch)} that {caller.Name} may not run; {batch.RequestedBy} and admins may steer it.");
        }
    }

    private static string What(ApiBatch batch) => batch.Scope.IsDocument ? "a document, which was not shared," : "cases";

    private static OrbitException Forbidden(ApiBatch batch, string message) => new(Refusal.Forbidden, "BATCH_FORBIDDEN", $"Batch {batch.Id} {message}");

    /// <summary>Those with an item for which something does not hold.</summary>
    private static async Task<HashSet<T>> WithoutAsync<T>(
        this OrbitDbContext database, IEnumerable<T> things, Func<T, BatchScope> scopeOf, Caller caller, Func<FolderAccess, RunItem, bool> holds, CancellationToken ct)
        where T : class
    {
        (T Thing, BatchScope Scope)[] others =
            [.. things.Select(t => (Thing: t, Scope: scopeOf(t))).Where(t => !caller.IsAdmin && t.Scope.Owner != caller.Name && !(t.Scope.IsDocument && t.Scope.Shared))];
        if (others.Length == 0)
        {
            return [];
        }

        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        (T Thing, RunItem[] Items)[] all = [.. others.Select(t => (t.Thing, JsonSerializer.Deserialize<RunItem[]>(t.Scope.Items)!))];
        long[] ids = [.. all.SelectMany(t => t.Items).Select(i => i.Id).Distinct()];
        Dictionary<long, RunItem> now = (await database.ApiItems.AsNoTracking().Where(i => ids.Contains(i.Id)).Select(i => new { i.Id, i.Folder, i.Owner, i.Visibility }).ToListAsync(ct))
            .ToDictionary(i => i.Id, i => new RunItem(i.Id, i.Folder, i.Owner, i.Visibility is ApiVisibility.Private));
        return [.. all.Where(t => t.Items.Length == 0 || t.Items.Any(i => !holds(access, now.GetValueOrDefault(i.Id, i)))).Select(t => t.Thing)];
    }
}
