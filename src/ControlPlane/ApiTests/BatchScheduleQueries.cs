using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Reads of schedules and notes.</summary>
internal static class BatchScheduleQueries
{
    /// <summary>A page by name. Served by the unique index.</summary>
    public static async Task<Page<ApiBatchSchedule>> PageAsync(this DbSet<ApiBatchSchedule> schedules, string? after, int size, CancellationToken ct)
    {
        IQueryable<ApiBatchSchedule> rows = schedules.AsNoTracking();
        rows = after is null ? rows : rows.Where(s => string.Compare(s.Name, after) > 0);
        return Paging.Cut(await rows.OrderBy(s => s.Name).Take(size + 1).ToListAsync(ct), size, s => s.Name);
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
