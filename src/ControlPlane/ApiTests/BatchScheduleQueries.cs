using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads of schedules and notes.</summary>
internal static class BatchScheduleQueries
{
    /// <summary>A page by name of those that a caller may know of. Served by the unique index.</summary>
    public static Task<Page<ApiBatchSchedule>> SchedulePageAsync(this OrbitDbContext database, Caller caller, string? after, int size, CancellationToken ct) =>
        Paging.VisibleAsync(
            after, size, static s => s.Name,
            (from, most) => database.ApiBatchSchedules.AsNoTracking().Where(s => from == null || string.Compare(s.Name, from) > 0).OrderBy(s => s.Name).Take(most).ToListAsync(ct),
            async rows =>
            {
                FolderAccess access = await database.FolderAccessAsync(caller, ct);
                HashSet<long> hidden = await database.HiddenItemsAsync(rows.SelectMany(s => Named(Wish(s))), access, ct);
                return [.. rows.Where(s => access.Owns(s.Owner) || IsOpen(Wish(s), access, hidden))];
            });

    /// <summary>A page by fingerprint of the notes that a caller may read. Served by the primary key.</summary>
    public static Task<Page<FailureNote>> NotePageAsync(this OrbitDbContext database, Caller caller, string assignedTo, string? after, int size, CancellationToken ct) =>
        Paging.VisibleAsync(
            after, size, static n => n.Fingerprint,
            (from, most) => database.FailureNotes.AsNoTracking()
                .Where(n => (from == null || string.Compare(n.Fingerprint, from) > 0) && (assignedTo == "" || n.AssignedTo == assignedTo)).OrderBy(n => n.Fingerprint).Take(most).ToListAsync(ct),
            async rows =>
            {
                HashSet<FailureNote> hidden = await database.HiddenAsync(rows, static n => n.Scope, caller, ct);
                return [.. rows.Where(n => !hidden.Contains(n))];
            });

    /// <summary>What of a wish a caller may see, and how much was left out. What was deleted is left in: it is nothing any more.</summary>
    public static async Task<(BatchWish Seen, int Hidden)> AsSeenAsync(this OrbitDbContext database, BatchWish wish, Caller caller, CancellationToken ct)
    {
        FolderAccess access = await database.FolderAccessAsync(caller, ct);
        long[] named = [.. Named(wish)];
        List<ApiItem> known = await database.ApiItems.AsNoTracking().Where(i => named.Contains(i.Id)).ToListAsync(ct);
        HashSet<long> hidden = [.. known.Where(i => !access.MaySee(i)).Select(i => i.Id)];
        bool isFolderHidden = wish.Folder.Length > 0 && access.RoleIn(wish.Folder) is null;
        BatchWish seen = wish with
        {
            CaseIds = [.. wish.CaseIds.Where(i => !hidden.Contains(i))],
            ScenarioIds = [.. wish.ScenarioIds.Where(i => !hidden.Contains(i))],
            Folder = isFolderHidden ? "" : wish.Folder,
        };
        return (seen, hidden.Count + (isFolderHidden ? 1 : 0));
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
}
