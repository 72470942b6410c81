using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a list of runs is narrowed to.</summary>
internal sealed record RunFilter(
    long TestItemId, IReadOnlyList<RunStatus> Statuses, IReadOnlyList<Verdict> Verdicts, long BuildId, string RequestedBy);

/// <summary>Reads runs with their parts.</summary>
internal static class RunViews
{
    /// <summary>One run. Refuses one that is not there.</summary>
    public static async Task<RunView> RunViewAsync(this OrbitDbContext database, long id, CancellationToken ct)
    {
        Run run = await database.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, ct)
            ?? throw OrbitException.NotFound("RUN_NOT_FOUND", $"There is no run {id}.");
        return (await database.WithPartsAsync([run], ct))[0];
    }

    /// <summary>Runs below an id, newest first. Served by the primary key, or by the index of the item, status or build.</summary>
    public static async Task<List<RunView>> RunPageAsync(this OrbitDbContext database, RunFilter filter, long before, int limit, CancellationToken ct)
    {
        IQueryable<Run> runs = database.Runs.AsNoTracking().Where(r => r.Id < before);
        if (filter.TestItemId != 0)
        {
            runs = runs.Where(r => r.TestItemId == filter.TestItemId);
        }

        if (filter.BuildId != 0)
        {
            runs = runs.Where(r => r.BuildId == filter.BuildId);
        }

        if (filter.RequestedBy.Length > 0)
        {
            runs = runs.Where(r => r.RequestedBy == filter.RequestedBy);
        }

        if (filter.Statuses.Count > 0)
        {
            runs = runs.Where(r => filter.Statuses.Contains(r.Status));
        }

        if (filter.Verdicts.Count > 0)
        {
            runs = runs.Where(r => r.Verdict != null && filter.Verdicts.Contains(r.Verdict.Value) && !RunQueries.Active.Contains(r.Status));
        }

        return await database.WithPartsAsync(await runs.OrderByDescending(r => r.Id).Take(limit).ToListAsync(ct), ct);
    }

    /// <summary>Everything that has not ended, oldest first.</summary>
    public static async Task<List<RunView>> ActiveRunsAsync(this OrbitDbContext database, int limit, CancellationToken ct) =>
        await database.WithPartsAsync(
            await database.Runs.AsNoTracking().Where(r => RunQueries.Active.Contains(r.Status)).OrderBy(r => r.Id).Take(limit).ToListAsync(ct), ct);

    /// <summary>Ids of runs that an agent has.</summary>
    public static async Task<Dictionary<long, List<long>>> RunsOfAgentsAsync(this OrbitDbContext database, CancellationToken ct)
    {
        List<(long Agent, long Run)> held = await database.QueryAsync(
            "SELECT agent_id, run_id FROM work_items WHERE state <> 'Ended' AND agent_id IS NOT NULL AND run_id IS NOT NULL",
            [], static row => (row.Long(0), row.Long(1)), ct);
        return held.GroupBy(h => h.Agent).ToDictionary(g => g.Key, g => g.Select(h => h.Run).Order().ToList());
    }

    private static async Task<List<RunView>> WithPartsAsync(this OrbitDbContext database, List<Run> runs, CancellationToken ct)
    {
        if (runs.Count == 0)
        {
            return [];
        }

        long[] ids = [.. runs.Select(r => r.Id)];
        ILookup<long, RunAttempt> attempts = (await database.RunAttempts.AsNoTracking().Where(a => ids.Contains(a.RunId)).OrderBy(a => a.Number).ToListAsync(ct)).ToLookup(a => a.RunId);
        ILookup<long, RunStep> steps = (await database.RunSteps.AsNoTracking().Where(s => ids.Contains(s.RunId)).OrderBy(s => s.Ordinal).ToListAsync(ct)).ToLookup(s => s.RunId);
        long[] gated = [.. runs.Where(r => r.Gate.Length > 0).Select(r => r.Id)];
        ILookup<long, RunGate> gates = (gated.Length == 0 ? [] : await database.RunGates.AsNoTracking().Where(g => gated.Contains(g.RunId)).OrderBy(g => g.Attempt).ToListAsync(ct)).ToLookup(g => g.RunId);
        Guid[] waiting = [.. runs.Where(r => r.Status is RunStatus.Pending).SelectMany(r => attempts[r.Id].Where(a => a.Number == r.Attempt)).Select(a => a.AssignmentId)];
        Dictionary<long, QueuePlace> places = waiting.Length == 0 ? [] : await database.QueuePlacesAsync(waiting, ct);
        return [.. runs.Select(r => new RunView(r, [.. attempts[r.Id]], [.. steps[r.Id].Where(s => s.Attempt == r.Attempt)], places.GetValueOrDefault(r.Id, new("", 0))) { Gate = gates[r.Id].LastOrDefault() })];
    }

    /// <summary>Why runs wait and how many are before them. Served by the index on queued items.</summary>
    private static async Task<Dictionary<long, QueuePlace>> QueuePlacesAsync(this OrbitDbContext database, Guid[] items, CancellationToken ct)
    {
        List<WorkItem> waiting = await database.WorkItems.AsNoTracking().Where(w => items.Contains(w.Id)).ToListAsync(ct);
        if (!waiting.Exists(w => w.State is WorkState.Queued))
        {
            return waiting.ToDictionary(w => w.RunId ?? 0, PlaceOf);
        }

        List<(Guid Id, long Position)> order = await database.QueryAsync(
            "SELECT id, ROW_NUMBER() OVER (ORDER BY rank, id) FROM work_items WHERE state = 'Queued' AND kind = 'Run'",
            [], static row => (row.Uuid(0), row.Long(1)), ct);
        Dictionary<Guid, long> positions = order.ToDictionary(o => o.Id, o => o.Position);
        return waiting.ToDictionary(w => w.RunId ?? 0, w => new QueuePlace(WaitingText(w), (int)positions.GetValueOrDefault(w.Id)));
    }

    /// <summary>The place of an item that is not queued.</summary>
    public static QueuePlace PlaceOf(WorkItem item) => new(WaitingText(item), 0);

    private static string WaitingText(WorkItem item) => item.State switch
    {
        WorkState.Queued => item.WaitingReason.Length == 0 ? "waits for an agent" : item.WaitingReason,
        WorkState.Offered => "offered to an agent",
        _ => "",
    };
}
