using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.JobVersions;

/// <summary>What a person wants of a job's selection; nulls keep what is.</summary>
internal sealed record JobVersionWish(string JobName, long? BuildId, bool? AutoSync, long? SyncInterval);

/// <summary>Selects builds for jobs.</summary>
internal sealed class JobVersionCommands(OrbitStore store, SettingsSnapshot settings, TimeProvider time, ILogger<JobVersionCommands> log)
{
    private const int LongestJobName = 255;
    private const int DueAtOnce = 100;

    /// <summary>Selects a build or configures auto-sync, and makes the selection where there is none.</summary>
    public async Task<JobVersion> PutAsync(JobVersionWish wish, Caller by, CancellationToken ct)
    {
        Check(wish);
        return await store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                JobVersion version = await EnsureAsync(database, wish.JobName, token);
                object before = Audited(version);
                version.Configure(wish.AutoSync, wish.SyncInterval, now);
                if (await WantedBuildAsync(database, version, wish, token) is { } build)
                {
                    Keep(database, version.Select(build.Id, by.Name, now));
                }

                database.Audit(by, now, "job_version.changed", Subject(wish.JobName), before, Audited(version));
                return version;
            },
            ct);
    }

    /// <summary>Selects the job's newest build now.</summary>
    /// <exception cref="OrbitException">JOB_HAS_NO_BUILD.</exception>
    public async Task<JobVersion> SyncAsync(string jobName, Caller by, CancellationToken ct)
    {
        Check(new(jobName, null, null, null));
        return await store.WriteAsync(
            async (database, token) =>
            {
                Build newest = await database.Builds.NewestUsableAsync(jobName, token) ?? throw NoBuild(jobName);
                JobVersion version = await EnsureAsync(database, jobName, token);
                object before = Audited(version);
                DateTimeOffset now = time.GetUtcNow();
                Keep(database, version.Follow(newest.Id, by.Name, now));
                database.Audit(by, now, "job_version.synced", Subject(jobName), before, Audited(version));
                return version;
            },
            ct);
    }

    /// <summary>Selects the newest build now for every job whose auto-sync is on; a job a transaction, so that none waits for all.</summary>
    public async Task<List<JobVersion>> SyncAllAsync(Caller by, CancellationToken ct)
    {
        List<string> jobs = await store.ReadAsync((database, token) => database.JobVersions.FollowingAsync(token), ct);
        var looked = new List<JobVersion>(jobs.Count);
        foreach (string job in jobs)
        {
            if (await LookAsync(job, by.Name, version => version.AutoSync, ct) is { } version)
            {
                looked.Add(version);
            }
        }

        await store.WriteAsync(
            (database, _) =>
            {
                database.Audit(by, time.GetUtcNow(), "job_version.all_synced", "job_version:*", @new: new { Jobs = looked.Count });
                return Task.CompletedTask;
            },
            ct);
        return looked;
    }

    /// <summary>Looks at every job whose time has come. Safe on any number of replicas: the one that saves first has made the look.</summary>
    /// <returns>How many looks this process made.</returns>
    public async Task<int> SyncDueAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<string> due = await store.ReadAsync((database, token) => database.JobVersions.DueAsync(now, DueAtOnce, token), ct);
        int looks = 0;
        foreach (string job in due)
        {
            // Asked again inside the transaction: another replica may have looked meanwhile.
            looks += await LookAsync(job, JobVersion.AutoSyncName, version => version.IsDue(now), ct) is null ? 0 : 1;
        }

        return looks;
    }

    /// <summary>Forgets a selection; the history stays.</summary>
    /// <exception cref="OrbitException">JOB_VERSION_NOT_FOUND.</exception>
    public Task DeleteAsync(string jobName, Caller by, CancellationToken ct)
    {
        TextRule.Filter("job_name", jobName);
        return store.WriteAsync(
            async (database, token) =>
            {
                JobVersion version = await database.JobVersions.AsTracking().FirstOrDefaultAsync(v => v.JobName == jobName, token)
                    ?? throw JobVersionQueries.Missing(jobName);
                database.JobVersions.Remove(version);
                database.Audit(by, time.GetUtcNow(), "job_version.deleted", Subject(jobName), Audited(version));
            },
            ct);
    }

    private async Task<JobVersion?> LookAsync(string jobName, string by, Func<JobVersion, bool> wanted, CancellationToken ct)
    {
        (JobVersion? version, JobVersionChange? change) = await store.WriteAsync<(JobVersion?, JobVersionChange?)>(
            async (database, token) =>
            {
                JobVersion? version = await database.JobVersions.AsTracking().FirstOrDefaultAsync(v => v.JobName == jobName, token);
                if (version is null || !wanted(version))
                {
                    return (null, null);
                }

                JobVersionChange? change = await FollowNewestAsync(database, version, by, token);
                return (version, change);
            },
            ct);
        if (change is not null)
        {
            log.VersionSelected(change.BuildId, jobName, by);
        }

        return version;
    }

    private async Task<JobVersionChange?> FollowNewestAsync(OrbitDbContext database, JobVersion version, string by, CancellationToken ct)
    {
        Build? newest = await database.Builds.NewestUsableAsync(version.JobName, ct);
        if (newest is null)
        {
            version.FoundNothing(time.GetUtcNow());
            return null;
        }

        JobVersionChange? change = version.Follow(newest.Id, by, time.GetUtcNow());
        Keep(database, change);
        return change;
    }

    /// <returns>The build to select; null to keep the present selection.</returns>
    private static async Task<Build?> WantedBuildAsync(OrbitDbContext database, JobVersion version, JobVersionWish wish, CancellationToken ct)
    {
        if (wish.BuildId is { } id)
        {
            Build build = await database.Builds.RequireAsync(id, ct);
            return build.JobName == wish.JobName
                ? build
                : throw OrbitException.Invalid("JOB_MISMATCH", $"Build {id} is of job '{build.JobName}', not of '{wish.JobName}'.");
        }

        if (version.BuildId is not null)
        {
            return null;
        }

        Build? newest = await database.Builds.NewestUsableAsync(wish.JobName, ct);
        return newest is null && !version.AutoSync ? throw NoBuild(wish.JobName) : newest; // auto-sync may wait for the first build
    }

    /// <summary>The row, made when it is missing and locked either way: who comes at the same time waits, and then sees what was saved.</summary>
    private async Task<JobVersion> EnsureAsync(OrbitDbContext database, string jobName, CancellationToken ct)
    {
        await database.RunAsync(
            "INSERT INTO job_versions (job_name, auto_sync, sync_interval, selected_by, revision) VALUES (@p0, @p1, @p2, '', 0) ON CONFLICT (job_name) DO UPDATE SET revision = job_versions.revision",
            [jobName, false, settings.Get(SettingCatalog.AutoSyncIntervalSeconds)],
            ct);
        return await database.JobVersions.AsTracking().SingleAsync(v => v.JobName == jobName, ct);
    }

    private static string Subject(string jobName) => $"job_version:{jobName}";

    private static object Audited(JobVersion version) => new { version.BuildId, version.AutoSync, version.SyncInterval };

    private static void Keep(OrbitDbContext database, JobVersionChange? change)
    {
        if (change is not null)
        {
            database.JobVersionChanges.Add(change);
        }
    }

    private static void Check(JobVersionWish wish)
    {
        if (string.IsNullOrWhiteSpace(wish.JobName) || TextRule.LineProblem(wish.JobName, LongestJobName) is not null)
        {
            throw OrbitException.Invalid("JOB_NAME_INVALID", $"job_name is required: one line of 1 to {LongestJobName} characters.");
        }

        if (wish.SyncInterval is { } interval and not (>= JobVersion.ShortestInterval and <= JobVersion.LongestInterval))
        {
            throw OrbitException.Invalid(
                "SYNC_INTERVAL_INVALID", $"sync_interval_s is {interval}; {JobVersion.ShortestInterval} to {JobVersion.LongestInterval} seconds are allowed.");
        }
    }

    private static OrbitException NoBuild(string jobName) =>
        OrbitException.NotFound("JOB_HAS_NO_BUILD", $"CI has announced no build of job '{jobName}', or each is marked bad.");
}
