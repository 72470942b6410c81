using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Changes schedules, and lets those begin their batches whose time has come.</summary>
internal sealed class BatchScheduleCommands(OrbitStore store, BatchCommands batches, TimeProvider time, ILogger<BatchScheduleCommands> log)
{
    private const int DueAtOnce = 50;

    public Task<ApiBatchSchedule> CreateAsync(string name, string cron, string timeZone, BatchWish? batch, Caller by, CancellationToken ct)
    {
        if (TextRule.NameProblem(name, 200) is { } problem)
        {
            throw Wrong(new Dictionary<string, string> { ["name"] = problem });
        }

        CheckTimes(cron, timeZone);
        return store.WriteAsync(
            async (database, token) =>
            {
                if (await database.ApiBatchSchedules.AnyAsync(s => s.Name == name, token))
                {
                    throw new OrbitException(Refusal.Exists, "BATCH_SCHEDULE_NAME_TAKEN", $"There is a schedule '{name}' already.");
                }

                var schedule = new ApiBatchSchedule
                {
                    Name = name,
                    Cron = cron,
                    TimeZone = timeZone.Length == 0 ? "UTC" : timeZone,
                    Wish = await CheckedAsync(database, name, batch, by.Name, token),
                    Owner = by.Name,
                };
                schedule.Plan(time.GetUtcNow());
                database.ApiBatchSchedules.Add(schedule);
                await database.SaveChangesAsync(token);
                database.Audit(by, time.GetUtcNow(), "batch_schedule.created", $"batch_schedule:{schedule.Id}", @new: Audited(schedule));
                return schedule;
            },
            ct);
    }

    /// <summary>Changes a schedule; nulls keep what is.</summary>
    public Task<ApiBatchSchedule> UpdateAsync(long id, string? cron, string? timeZone, bool? enabled, BatchWish? batch, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiBatchSchedule schedule = await RequireMineAsync(database, id, by, token);
                object before = Audited(schedule);
                CheckTimes(cron ?? schedule.Cron, timeZone ?? schedule.TimeZone);
                (schedule.Cron, schedule.TimeZone, schedule.Enabled) = (cron ?? schedule.Cron, string.IsNullOrEmpty(timeZone) ? schedule.TimeZone : timeZone, enabled ?? schedule.Enabled);
                schedule.Wish = batch is null ? schedule.Wish : await CheckedAsync(database, schedule.Name, batch, schedule.Owner, token);
                schedule.Plan(time.GetUtcNow());
                schedule.Revision++;
                database.Audit(by, time.GetUtcNow(), "batch_schedule.changed", $"batch_schedule:{id}", before, Audited(schedule));
                return schedule;
            },
            ct);

    public Task DeleteAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                ApiBatchSchedule schedule = await RequireMineAsync(database, id, by, token);
                database.ApiBatchSchedules.Remove(schedule);
                database.Audit(by, time.GetUtcNow(), "batch_schedule.deleted", $"batch_schedule:{id}", Audited(schedule));
            },
            ct);

    /// <summary>
    /// Begins the batches whose time has come. The batch is made first, under a key made of schedule and time, so that two replicas, or one
    /// that dies in between, make one batch. Times that were missed while no control plane ran make one batch, not many.
    /// </summary>
    public async Task BeginDueAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<ApiBatchSchedule> due = await store.ReadAsync(
            (database, token) => database.ApiBatchSchedules.Where(s => s.NextAt != null && s.NextAt <= now).OrderBy(s => s.NextAt).Take(DueAtOnce).ToListAsync(token), ct);
        foreach (ApiBatchSchedule schedule in due)
        {
            (long batch, string problem) = await BeginAsync(schedule, ct);
            await store.WriteAsync(
                async (database, token) =>
                {
                    ApiBatchSchedule? stored = await database.ApiBatchSchedules.AsTracking().FirstOrDefaultAsync(s => s.Id == schedule.Id && s.NextAt == schedule.NextAt, token);
                    if (stored is not null)
                    {
                        (stored.LastBatchId, stored.LastProblem) = (batch == 0 ? stored.LastBatchId : batch, problem);
                        stored.Plan(now);
                        stored.Revision++;
                    }
                },
                ct);
        }
    }

    private async Task<(long Batch, string Problem)> BeginAsync(ApiBatchSchedule schedule, CancellationToken ct)
    {
        BatchWish wish = JsonSerializer.Deserialize<BatchWish>(schedule.Wish)!;
        string key = string.Create(CultureInfo.InvariantCulture, $"schedule:{schedule.Id}:{schedule.NextAt:yyyy-MM-ddTHH:mm:ssZ}");
        try
        {
            return (await batches.CreateAsync(wish with { Name = schedule.Name, IdempotencyKey = key }, OwnerOf(schedule.Owner), ct), "");
        }
        catch (OrbitException refused) when (refused.Kind is not Refusal.Later)
        {
            log.ScheduleFailed(schedule.Name, refused.Message);
            return (0, refused.Message.Length > 2000 ? refused.Message[..2000] : refused.Message);
        }
    }

    /// <summary>Looks at the batch as it would be made now, so that what is wrong is said to whoever writes it.</summary>
    private async Task<string> CheckedAsync(OrbitDbContext database, string name, BatchWish? batch, string owner, CancellationToken ct)
    {
        if (batch is null or { Document.Length: > 0 })
        {
            throw Wrong(new Dictionary<string, string> { ["batch"] = "is required and runs stored cases and scenarios; import a document first" }); // which may hold secrets in clear
        }

        await batches.CheckAsync(database, batch with { Name = name }, OwnerOf(owner), ct);
        return JsonSerializer.Serialize(batch);
    }

    /// <summary>Without an admin's rights, which its maker may have lost since.</summary>
    private static Caller OwnerOf(string owner) => new(owner, IsAdmin: false, SessionId: null, RemoteAddress: "");

    private static void CheckTimes(string cron, string timeZone)
    {
        var problems = new Dictionary<string, string>();
        if (Schedule.TryParse(cron, timeZone, problems) is null)
        {
            throw Wrong(problems);
        }
    }

    private static OrbitException Wrong(Dictionary<string, string> problems) =>
        new(Refusal.Invalid, "BATCH_SCHEDULE_INVALID", $"The schedule is wrong: {string.Join("; ", problems.Select(p => $"{p.Key} {p.Value}"))}.") { Details = problems };

    private static async Task<ApiBatchSchedule> RequireMineAsync(OrbitDbContext database, long id, Caller by, CancellationToken ct)
    {
        ApiBatchSchedule schedule = await database.ApiBatchSchedules.AsTracking().FirstOrDefaultAsync(s => s.Id == id, ct)
            ?? throw OrbitException.NotFound("BATCH_SCHEDULE_NOT_FOUND", $"There is no schedule {id}.");
        return by.IsAdmin || schedule.Owner == by.Name
            ? schedule
            : throw new OrbitException(Refusal.Forbidden, "BATCH_SCHEDULE_FORBIDDEN", $"Only {schedule.Owner} and admins may change schedule {id}.");
    }

    private static object Audited(ApiBatchSchedule schedule) => new { schedule.Name, schedule.Cron, schedule.TimeZone, schedule.Enabled };
}
