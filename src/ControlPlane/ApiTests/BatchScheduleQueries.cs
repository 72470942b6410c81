using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads of schedules and notes.</summary>
internal static class BatchScheduleQueries
{
    /// <summary>A page by name of those that a caller may know of, so that it may hold fewer than asked for. Served by the unique index.</summary>
    public static async Task<Page<ApiBatchSchedule>> SchedulePageAsync(this OrbitDbContext database, Caller caller, string? after, int size, CancellationToken ct)
    {
        IQueryable<ApiBatchSchedule> rows = database.ApiBatchSchedules.AsNoTracking();
        rows = after is null ? rows : rows.Where(s => string.Compare(s.Name, after) > 0);
        Page<ApiBatchSchedule> page = Paging.Cut(await rows.OrderBy(s => s.Name).Take(size + 1).ToListAsync(ct), size, s => s.Name);
        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        HashSet<long> hidden = await database.HiddenItemsAsync(page.Rows.SelectMany(s => Named(Wish(s))), access, ct);
        return page with { Rows = [.. page.Rows.Where(s => access.Owns(s.Owner) || IsOpen(Wish(s), access, hidden))] };
    }

    private static BatchWish Wish(ApiBatchSchedule schedule) => JsonSerializer.Deserialize<BatchWish>(schedule.Wish)!;

    private static IEnumerable<long> Named(BatchWish wish) => wish.CaseIds.Concat(wish.ScenarioIds);

    private static bool IsOpen(BatchWish wish, FolderAccess access, HashSet<long> hidden) =>
        !Named(wish).Any(hidden.Contains) && (wish.Folder.Length == 0 || access.RoleIn(wish.Folder) is not null);

    /// <summary>Those of some items that a caller may not see; deleted ones are among them.</summary>
    private static async Task<HashSet<long>> HiddenItemsAsync(this OrbitDbContext database, IEnumerable<long> items, FolderAccess access, CancellationToken ct)
    {
        long[] ids = [.. items.Distinct()];
        List<ApiItem> known = await database.ApiItems.AsNoTracking().Where(i => ids.Contains(i.Id)).ToListAsync(ct);
        return [.. ids.Except(known.Where(access.MaySee).Select(i => i.Id))];
    }

    /// <summary>A page by fingerprint. Served by the primary key.</summary>
    public static async Task<Page<FailureNote>> PageAsync(this DbSet<FailureNote> notes, string assignedTo, string? after, int size, CancellationToken ct)
    {
        IQueryable<FailureNote> rows = notes.AsNoTracking();
        rows = after is null ? rows : rows.Where(n => string.Compare(n.Fingerprint, after) > 0);
        rows = assignedTo.Length == 0 ? rows : rows.Where(n => n.AssignedTo == assignedTo);
        return Paging.Cut(await rows.OrderBy(n => n.Fingerprint).Take(size + 1).ToListAsync(ct), size, n => n.Fingerprint);
    }
}
