using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.JobVersions;

/// <summary>Builds that a list of selections speaks of.</summary>
/// <param name="Selected">The selected ones that are still there, by id.</param>
/// <param name="Newest">Ids of the newest ones, by job.</param>
internal sealed record JobBuilds(IReadOnlyDictionary<long, Build> Selected, IReadOnlyDictionary<string, long> Newest);

/// <summary>Reads of selections.</summary>
internal static class JobVersionQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<JobVersion> JobVersions => database.Set<JobVersion>();

        public DbSet<JobVersionChange> JobVersionChanges => database.Set<JobVersionChange>();

        /// <summary>The selected builds and the newest ones of these jobs. Served by the primary key and (job_name, id).</summary>
        public async Task<JobBuilds> BuildsOfAsync(IReadOnlyCollection<JobVersion> versions, CancellationToken ct)
        {
            long[] selected = [.. versions.Select(v => v.BuildId).OfType<long>()];
            string[] jobs = [.. versions.Select(v => v.JobName)];
            List<Build> builds = await database.Builds.AsNoTracking().Where(b => selected.Contains(b.Id)).ToListAsync(ct);
            var newest = await database.JobVersions.Where(v => jobs.Contains(v.JobName))
                .Select(v => new { v.JobName, Id = database.Set<Build>().Where(b => b.JobName == v.JobName).Max(b => (long?)b.Id) })
                .ToListAsync(ct);
            return new(
                builds.ToDictionary(b => b.Id),
                newest.Where(n => n.Id is not null).ToDictionary(n => n.JobName, n => n.Id!.Value, StringComparer.Ordinal));
        }
    }

    /// <summary>The id of the selected build; null when the job has no selection. For triggers.</summary>
    public static async Task<long?> SelectedBuildAsync(this DbSet<JobVersion> versions, string jobName, CancellationToken ct) =>
        await versions.AsNoTracking().Where(v => v.JobName == jobName).Select(v => v.BuildId).FirstOrDefaultAsync(ct);

    /// <summary>One selection.</summary>
    /// <exception cref="OrbitException">JOB_VERSION_NOT_FOUND.</exception>
    public static async Task<JobVersion> RequireAsync(this DbSet<JobVersion> versions, string jobName, CancellationToken ct) =>
        await versions.AsNoTracking().FirstOrDefaultAsync(v => v.JobName == jobName, ct) ?? throw Missing(jobName);

    /// <summary>A page by name. Served by the primary key.</summary>
    public static async Task<Page<JobVersion>> PageAsync(this DbSet<JobVersion> versions, string? after, int size, CancellationToken ct)
    {
        IQueryable<JobVersion> rows = versions.AsNoTracking();
        if (after is not null)
        {
            rows = rows.Where(v => string.Compare(v.JobName, after) > 0);
        }

        return Paging.Cut(await rows.OrderBy(v => v.JobName).Take(size + 1).ToListAsync(ct), size, v => v.JobName);
    }

    /// <summary>A job's history, newest first. Served by (job_name, id).</summary>
    public static async Task<Page<JobVersionChange>> PageAsync(
        this DbSet<JobVersionChange> changes, string jobName, long? before, int size, CancellationToken ct)
    {
        IQueryable<JobVersionChange> rows = changes.AsNoTracking().Where(c => c.JobName == jobName);
        if (before is { } last)
        {
            rows = rows.Where(c => c.Id < last);
        }

        return Paging.Cut(await rows.OrderByDescending(c => c.Id).Take(size + 1).ToListAsync(ct), size, c => c.Id);
    }

    /// <summary>Jobs that auto-sync must look at now, longest due first. Served by the filtered index on next_sync_at.</summary>
    public static Task<List<string>> DueAsync(this DbSet<JobVersion> versions, DateTimeOffset now, int limit, CancellationToken ct) =>
        versions.AsNoTracking()
            .Where(v => v.AutoSync && v.NextSyncAt != null && v.NextSyncAt <= now)
            .OrderBy(v => v.NextSyncAt).ThenBy(v => v.JobName)
            .Select(v => v.JobName)
            .Take(limit)
            .ToListAsync(ct);

    /// <summary>Every job that follows its newest build, by name.</summary>
    public static Task<List<string>> FollowingAsync(this DbSet<JobVersion> versions, CancellationToken ct) =>
        versions.AsNoTracking().Where(v => v.AutoSync).OrderBy(v => v.JobName).Select(v => v.JobName).ToListAsync(ct);

    internal static OrbitException Missing(string jobName) =>
        OrbitException.NotFound("JOB_VERSION_NOT_FOUND", $"No version of job '{jobName}' is selected.");
}
