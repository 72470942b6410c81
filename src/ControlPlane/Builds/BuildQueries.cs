using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Builds;

/// <summary>Which builds a list shows. Empty texts and nulls leave out nothing.</summary>
internal sealed record BuildFilter
{
    public string JobName { get; init; } = "";
    public string BuildUser { get; init; } = "";

    /// <summary>Text in job, number, path or user, ignoring case.</summary>
    public string Text { get; init; } = "";

    /// <summary>Stored at or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Stored before.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>With this mark.</summary>
    public BuildMark? Mark { get; init; }

    /// <summary>Pinned, or not.</summary>
    public bool? Pinned { get; init; }
}

/// <summary>Reads of builds.</summary>
internal static class BuildQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Build> Builds => database.Set<Build>();
    }

    /// <summary>One build; null when there is none.</summary>
    public static Task<Build?> ByIdAsync(this DbSet<Build> builds, long id, CancellationToken ct) =>
        builds.AsNoTracking().FirstOrDefaultAsync(b => b.Id == id, ct);

    /// <summary>One build.</summary>
    /// <exception cref="OrbitException">BUILD_NOT_FOUND.</exception>
    public static async Task<Build> RequireAsync(this DbSet<Build> builds, long id, CancellationToken ct) =>
        await builds.ByIdAsync(id, ct) ?? throw Missing(id);

    /// <summary>The newest build of a job; null when CI announced none. Served by (job_name, id).</summary>
    public static Task<Build?> NewestAsync(this DbSet<Build> builds, string jobName, CancellationToken ct) =>
        builds.AsNoTracking().Where(b => b.JobName == jobName).OrderByDescending(b => b.Id).FirstOrDefaultAsync(ct);

    /// <summary>The newest build of a job that auto-sync may select; null when there is none. Served by (job_name, id).</summary>
    public static Task<Build?> NewestUsableAsync(this DbSet<Build> builds, string jobName, CancellationToken ct) =>
        builds.AsNoTracking().Where(b => b.JobName == jobName && (b.Mark == null || b.Mark != BuildMark.Bad)).OrderByDescending(b => b.Id).FirstOrDefaultAsync(ct);

    /// <summary>A page, newest first. Served by (job_name, id), (build_user, id) or the primary key.</summary>
    public static async Task<Page<Build>> PageAsync(this DbSet<Build> builds, BuildFilter filter, long? before, int size, CancellationToken ct)
    {
        IQueryable<Build> rows = builds.AsNoTracking().Matching(filter);
        if (before is { } last)
        {
            rows = rows.Where(b => b.Id < last);
        }

        List<Build> found = await rows.OrderByDescending(b => b.Id).Take(size + 1).ToListAsync(ct);
        return Paging.Cut(found, size, b => b.Id);
    }

    private static IQueryable<Build> Matching(this IQueryable<Build> builds, BuildFilter filter)
    {
        if (filter.JobName.Length > 0)
        {
            builds = builds.Where(b => b.JobName == filter.JobName);
        }

        if (filter.BuildUser.Length > 0)
        {
            builds = builds.Where(b => b.BuildUser == filter.BuildUser);
        }

        if (filter.Text.Length > 0)
        {
            string text = filter.Text.ToLowerInvariant();
            builds = builds.Where(b => b.Search.Contains(text));
        }

        if (filter.From is { } from)
        {
            builds = builds.Where(b => b.CreatedAt >= from);
        }

        if (filter.Before is { } before)
        {
            builds = builds.Where(b => b.CreatedAt < before);
        }

        if (filter.Mark is { } mark)
        {
            builds = builds.Where(b => b.Mark == mark);
        }

        return filter.Pinned is { } pinned ? builds.Where(b => (b.PinnedAt != null) == pinned) : builds;
    }

    internal static OrbitException Missing(long id) => OrbitException.NotFound("BUILD_NOT_FOUND", $"There is no build {id}.");
}
