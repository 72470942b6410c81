using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Bookings;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.JobVersions;
using Orbit.ControlPlane.ParameterSets;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a person, or CI, asks for.</summary>
/// <param name="TestItemId">What to trigger.</param>
/// <param name="BuildId">The build; null: the job's selected one.</param>
/// <param name="ParameterSetId">Another set than the item's; null: the item's.</param>
/// <param name="Overrides">JSON object of values over the set's.</param>
/// <param name="Priority">-100 to 100.</param>
/// <param name="IdempotencyKey">Made by the client; null: every call is a run.</param>
/// <param name="Caller">Who asks.</param>
/// <param name="OverrideReason">Why a build that is marked bad shall be tested all the same; empty for none.</param>
internal sealed record TriggerRequest(
    long TestItemId, long? BuildId, long? ParameterSetId, string Overrides, int Priority, string? IdempotencyKey, Caller Caller, string OverrideReason = "");

/// <summary>Turns a trigger into a run.</summary>
internal sealed class TriggerCommands(OrbitStore store, RunCommands runs, ParameterSecrets secrets, SettingsSnapshot settings, TimeProvider time)
{
    /// <summary>The sequence of the runs' ids on PostgreSQL.</summary>
    private const string RunIds = "runs_id_seq";

    /// <summary>Highest priority that somebody who is no admin may ask for.</summary>
    private const int HighestForUsers = 10;

    /// <summary>The run: a new one, or the one that the same key made before.</summary>
    public async Task<CreatedRun> TriggerAsync(TriggerRequest request, CancellationToken ct)
    {
        if (!request.Caller.IsAdmin && request.Priority > HighestForUsers)
        {
            throw new OrbitException(Refusal.Forbidden, "PRIORITY_NOT_ALLOWED", $"A priority above {HighestForUsers} needs the role admin.");
        }

        if (request.IdempotencyKey is { } key && await runs.FindRepeatedAsync(request.Caller.Name, key, request.TestItemId, ct) is { } repeated)
        {
            return new(repeated, null); // whatever has changed since: the caller asks for the run that it made
        }

        (TestItem item, Build? build, string set, TakenAhead? taken) = await store.ReadAsync((database, cancel) => FactsAsync(database, request, cancel), ct);
        DeployParameters parameters = DeployParameters.Parse(ParameterOverrides.Merge(set, secrets.Seal(request.Overrides, set), request.Caller.IsAdmin));
        var run = new RunRequest(
            item.Id, item.Name, build?.Id, build?.JobName ?? "", build?.BuildNumber ?? "",
            request.Caller.Name, request.Priority, request.IdempotencyKey, parameters.Json)
        {
            NewestOnly = item.NewestOnly,
            Gate = item.Gate,
            Taken = taken,
            BadBuildOverride = build?.Mark is BuildMark.Bad ? (request.Caller, request.OverrideReason) : null,
        };
        PlanSettings now = PlanSettings.From(settings);
        var attempt = new AttemptRequest(
            "deploy", "", new(item.LabelPairs, item.AgentNames), request.Caller.Name, item.Concurrency > 0 ? item.Concurrency : null,
            (runId, number) => PlanBuilder.Deploy(new PlanInput(parameters, build, item, runId, number, now)));
        return await runs.CreateAsync(run, attempt, ct);
    }

    /// <summary>Item, set and build in one round trip; then whether they fit.</summary>
    private async Task<(TestItem Item, Build? Build, string Set, TakenAhead? Taken)> FactsAsync(OrbitDbContext database, TriggerRequest request, CancellationToken ct)
    {
        (TriggerFacts? found, TakenAhead? taken) = await ReadFactsAsync(database, request, time.GetUtcNow(), ct);
        TriggerFacts facts = found ?? throw TestItemQueries.Missing(request.TestItemId);
        RequireFit(request, facts.Item, facts.Build);
        return (facts.Item, facts.Build, facts.Parameters ?? throw ParameterSetQueries.Missing(request.ParameterSetId ?? facts.Item.ParameterSetId), taken);
    }

    private static async Task<(TriggerFacts? Facts, TakenAhead? Taken)> ReadFactsAsync(OrbitDbContext database, TriggerRequest request, DateTimeOffset now, CancellationToken ct)
    {
        IQueryable<TriggerFacts> facts = Facts(database, request.TestItemId, request.ParameterSetId, request.BuildId);
        if (database.IsEmbedded)
        {
            return (await facts.AsNoTracking().FirstOrDefaultAsync(ct), null);
        }

        var both = await facts
            .Select(f => new { Facts = f, RunId = PostgresOrbitDbContext.NextValue(RunIds), Booked = database.Set<Booking>().Any(b => b.EndsAt > now && b.StartsAt <= now) })
            .AsNoTracking()
            .FirstOrDefaultAsync(ct);
        return (both?.Facts, both is null ? null : new(both.RunId, !both.Booked));
    }

    private static IQueryable<TriggerFacts> Facts(OrbitDbContext database, long itemId, long? wantedSet, long? wantedBuild) =>
            from item in database.Set<TestItem>()
            where item.Id == itemId
            let set = wantedSet ?? item.ParameterSetId
            let buildId = wantedBuild ?? database.Set<JobVersion>().Where(v => v.JobName == item.JobName).Select(v => v.BuildId).FirstOrDefault()
            join found in database.Set<Build>() on buildId equals found.Id into builds
            from build in builds.DefaultIfEmpty()
            select new TriggerFacts
            {
                Item = item,
                Build = build,
                Parameters = (from s in database.Set<ParameterSet>()
                              join v in database.Set<ParameterSetVersion>() on new { SetId = s.Id, s.Version } equals new { v.SetId, v.Version }
                              where s.Id == set
                              select v.Parameters).FirstOrDefault(),
            };

    private static void RequireFit(TriggerRequest request, TestItem item, Build? build)
    {
        if (!item.Enabled)
        {
            throw OrbitException.Conflict("TEST_ITEM_DISABLED", $"Test item '{item.Name}' is disabled.");
        }

        if (request.ParameterSetId is { } set && set != item.ParameterSetId && !request.Caller.IsAdmin)
        {
            throw new OrbitException(Refusal.Forbidden, "PARAMETER_SET_NOT_ALLOWED", "Another parameter set than the test item's needs the role admin.");
        }

        if (request.BuildId is { } wanted && build is null)
        {
            throw OrbitException.NotFound("BUILD_NOT_FOUND", $"There is no build {wanted}.");
        }

        if (build is not null && item.JobName.Length > 0 && build.JobName != item.JobName)
        {
            throw OrbitException.Conflict("JOB_MISMATCH", $"Build {build.Id} is of job '{build.JobName}'; test item '{item.Name}' tests job '{item.JobName}'.");
        }

        build?.RequireTestable(request.OverrideReason);
    }

    private sealed class TriggerFacts
    {
        public required TestItem Item { get; init; }
        public Build? Build { get; init; }
        public string? Parameters { get; init; }
    }
}
