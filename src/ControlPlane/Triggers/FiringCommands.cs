using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.JobVersions;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Triggers;

/// <summary>
/// Finds what sets rules off, writes each occurrence down once, and makes a run of it. Safe on any number of replicas: occurrences have a
/// unique key, and the run has it as its idempotency key.
/// </summary>
internal sealed class FiringCommands(OrbitStore store, TriggerCommands trigger, TimeProvider time, ILogger<FiringCommands> log)
{
    private const int PageSize = 500;
    private const int DueAtOnce = 100;

    /// <summary>Changes of two jobs may be committed in another order than they were numbered in; those of this last stretch are looked at again.</summary>
    private const int LookBack = 200;

    private static readonly TimeSpan LookBackTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(15);

    /// <summary>Announced longer ago: what changes on such a build is no new build.</summary>
    private static readonly TimeSpan NewFor = TimeSpan.FromDays(7);

    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>Takes schedules whose time has come.</summary>
    public async Task TakeSchedulesAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<long> due = await store.ReadAsync(
            (database, token) => database.TriggerRules.Where(r => r.NextAt != null && r.NextAt <= now).OrderBy(r => r.NextAt).Select(r => r.Id).Take(DueAtOnce).ToListAsync(token), ct);
        foreach (long id in due)
        {
            await store.WriteAsync(
                async (database, token) =>
                {
                    TriggerRule? rule = await database.TriggerRules.AsTracking().FirstOrDefaultAsync(r => r.Id == id, token);
                    if (rule?.TakeDue(now) is { } occurrence)
                    {
                        await AddAsync(database, rule.Id, $"at:{occurrence.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", buildId: null, token);
                    }
                },
                ct);
        }
    }

    /// <summary>Takes builds that were announced since the last look.</summary>
    public async Task TakeBuildsAsync(CancellationToken ct)
    {
        while (await store.WriteAsync(TakeBuildsAsync, ct))
        {
        }
    }

    /// <summary>Takes selections that were made since the last look.</summary>
    public Task TakeSelectionsAsync(CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                long newest = await database.Set<JobVersionChange>().MaxAsync(c => (long?)c.Id, token) ?? 0;
                long read = await LockCursorAsync(database, "selections", newest, token);
                DateTimeOffset since = time.GetUtcNow() - LookBackTime;
                List<JobVersionChange> changes = await database.Set<JobVersionChange>().AsNoTracking()
                    .Where(c => c.Id > read || (c.Id > read - LookBack && c.SelectedAt > since)).OrderBy(c => c.Id).Take(PageSize).ToListAsync(token);
                foreach (JobVersionChange change in changes)
                {
                    foreach (TriggerRule rule in await RulesOfJobAsync(database, TriggerKind.Selection, change.JobName, change.SelectedAt, token))
                    {
                        await AddAsync(database, rule.Id, $"selection:{change.Id}", change.BuildId, token);
                    }
                }

                if (changes.Count > 0 && changes[^1].Id > read)
                {
                    await MoveCursorAsync(database, "selections", changes[^1].Id, token);
                }
            },
            ct);

    /// <summary>Makes a run of each occurrence that waits for it.</summary>
    public async Task FireAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<(TriggerFiring Firing, TriggerRule Rule)> due = await store.ReadAsync(
            async (database, token) =>
            {
                var rows = await (from f in database.TriggerFirings
                                  join r in database.TriggerRules on f.RuleId equals r.Id
                                  where f.NextTryAt != null && f.NextTryAt <= now
                                  orderby f.Id
                                  select new { f, r }).Take(DueAtOnce).ToListAsync(token);
                return rows.ConvertAll(row => (row.f, row.r));
            },
            ct);
        foreach ((TriggerFiring firing, TriggerRule rule) in due)
        {
            await FireAsync(firing, rule, ct);
        }
    }

    /// <summary>Forgets occurrences that are long done.</summary>
    public Task ForgetOldAsync(CancellationToken ct) =>
        store.WriteAsync(
            (database, token) => database.RunAsync("DELETE FROM trigger_firings WHERE created_at < @p0 AND next_try_at IS NULL", [time.GetUtcNow() - KeptFor], token), ct);

    private async Task FireAsync(TriggerFiring firing, TriggerRule rule, CancellationToken ct)
    {
        (long? run, string error) = (null, "");
        DateTimeOffset? again = null;
        try
        {
            var caller = new Caller(rule.Name, IsAdmin: true, SessionId: null, RemoteAddress: "");
            run = (await trigger.TriggerAsync(new(rule.TestItemId, firing.BuildId, ParameterSetId: null, "{}", rule.Priority, firing.Key, caller), ct)).Id;
            log.RuleFired(rule.Id, firing.Key, run.Value);
        }
        catch (OrbitException refused)
        {
            error = $"{refused.Reason}: {refused.Message}";
            error = error.Length <= 1000 ? error : error[..1000];
            again = refused.Kind is Refusal.Later ? time.GetUtcNow() + TryAgainAfter : null;
            log.RuleRefused(rule.Id, firing.Key, error);
        }

        await store.WriteAsync(
            async (database, token) =>
            {
                await database.RunAsync("UPDATE trigger_firings SET next_try_at = @p1 WHERE id = @p0", [firing.Id, again], token);
                if (await database.TriggerRules.AsTracking().FirstOrDefaultAsync(r => r.Id == rule.Id, token) is { } fired)
                {
                    fired.Fired(run, error, time.GetUtcNow());
                }
            },
            ct);
    }

    /// <returns>True when there may be more.</returns>
    private async Task<bool> TakeBuildsAsync(OrbitDbContext database, CancellationToken ct)
    {
        long read = await LockCursorAsync(database, "builds", await database.FeedPositionAsync(ct), ct);
        List<FeedEntry> page = await database.Set<FeedEntry>().AsNoTracking().Where(e => e.Sequence > read).OrderBy(e => e.Sequence).Take(PageSize).ToListAsync(ct);
        if (page.Count == 0)
        {
            return false;
        }

        long[] ids = [.. page.Where(e => e.Topic == "builds").Select(e => e.EntityId).Distinct()];
        DateTimeOffset oldest = time.GetUtcNow() - NewFor;
        List<Build> builds = ids.Length == 0 ? [] : await database.Set<Build>().AsNoTracking().Where(b => ids.Contains(b.Id) && b.CreatedAt > oldest).OrderBy(b => b.Id).ToListAsync(ct);
        foreach (Build build in builds)
        {
            foreach (TriggerRule rule in await RulesOfJobAsync(database, TriggerKind.NewBuild, build.JobName, build.CreatedAt, ct))
            {
                await AddAsync(database, rule.Id, $"build:{build.Id}", build.Id, ct);
            }
        }

        await MoveCursorAsync(database, "builds", page[^1].Sequence, ct);
        return page.Count == PageSize;
    }

    /// <summary>Rules that follow a job and were there when it happened.</summary>
    private static Task<List<TriggerRule>> RulesOfJobAsync(OrbitDbContext database, TriggerKind kind, string jobName, DateTimeOffset at, CancellationToken ct) =>
        (from r in database.TriggerRules.AsNoTracking()
         join i in database.Set<TestItem>() on r.TestItemId equals i.Id
         where r.Kind == kind && r.Enabled && i.JobName == jobName && r.CreatedAt <= at
         orderby r.Id
         select r).ToListAsync(ct);

    private Task<int> AddAsync(OrbitDbContext database, long ruleId, string key, long? buildId, CancellationToken ct) =>
        database.RunAsync(
            "INSERT INTO trigger_firings (rule_id, key, build_id, created_at, next_try_at) VALUES (@p0, @p1, @p2, @p3, @p3) ON CONFLICT (rule_id, key) DO NOTHING",
            [ruleId, key, buildId, time.GetUtcNow()], ct);

    /// <summary>The position read up to, locked: who comes at the same time waits and then reads on from there. A new cursor begins at the end.</summary>
    private static async Task<long> LockCursorAsync(OrbitDbContext database, string name, long end, CancellationToken ct)
    {
        List<long> position = await database.QueryAsync(
            "INSERT INTO trigger_cursors (name, position) VALUES (@p0, @p1) ON CONFLICT (name) DO UPDATE SET position = trigger_cursors.position RETURNING position",
            [name, end], static row => row.Long(0), ct);
        return position[0];
    }

    private static Task<int> MoveCursorAsync(OrbitDbContext database, string name, long position, CancellationToken ct) =>
        database.RunAsync("UPDATE trigger_cursors SET position = @p1 WHERE name = @p0", [name, position], ct);
}
