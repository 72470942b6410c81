using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Reports;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Scheduling;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>What is open, over all replicas, at one moment.</summary>
/// <param name="TakenAt">When it was read.</param>
/// <param name="Work">Work items that have not ended, by kind and state, with the age of the oldest in seconds.</param>
/// <param name="AgentsConnected">Agents with a live stream to any replica.</param>
/// <param name="AgentsAway">Agents that have joined and have none.</param>
/// <param name="AgentsSilent">Agents with a stream that have not been heard for three heartbeats.</param>
/// <param name="RunsActive">Runs that have not ended.</param>
/// <param name="RunsLost">Of those, the ones whose agent is out of contact.</param>
/// <param name="Deliveries">Mails and callbacks that wait, are being sent, or were given up.</param>
/// <param name="ReportJobs">Reports that wait, are built, or were given up.</param>
/// <param name="FeedPending">Changes that the feed has not numbered.</param>
internal sealed record Figures(
    DateTimeOffset TakenAt,
    IReadOnlyList<OpenWork> Work,
    int AgentsConnected,
    int AgentsAway,
    int AgentsSilent,
    int RunsActive,
    int RunsLost,
    IReadOnlyDictionary<DeliveryState, int> Deliveries,
    IReadOnlyDictionary<ReportJobState, int> ReportJobs,
    long FeedPending);

/// <summary>Work items of one kind in one state.</summary>
internal sealed record OpenWork(WorkKind Kind, WorkState State, long Count, double OldestSeconds);

/// <summary>
/// Reads <see cref="Figures"/>, at most every <see cref="FreshFor"/> however many ask. Each query is served by an index over what is open.
/// </summary>
internal sealed class FigureQueries(OrbitStore store, IOptions<AgentOptions> agents, TimeProvider time) : IDisposable
{
    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _reading = new(1, 1);
    private long _readAt;

    /// <summary>The last ones read; null before the first and while the database is away.</summary>
    public Figures? Last { get; private set; }

    /// <summary>Reads them anew unless that was just done.</summary>
    /// <exception cref="OrbitException">The database is away.</exception>
    public async Task<Figures> ReadAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            if (Last is null || time.GetElapsedTime(_readAt) > FreshFor)
            {
                Last = null; // while the database is away there are none
                Last = await store.ReadAsync(TakeAsync, ct);
                _readAt = time.GetTimestamp();
            }

            return Last;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _reading.Dispose();

    private async Task<Figures> TakeAsync(OrbitDbContext database, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset silentSince = now - agents.Value.Silence;
        var work = await database.WorkItems.Where(w => w.State != WorkState.Ended).GroupBy(w => new { w.Kind, w.State })
            .Select(g => new { g.Key.Kind, g.Key.State, Count = g.LongCount(), Oldest = g.Min(w => w.CreatedAt) }).ToListAsync(ct);
        int all = await database.Agents.CountAsync(ct);
        int connected = await database.AgentPresence.CountAsync(p => p.Connected, ct);
        int silent = await database.AgentPresence.CountAsync(p => p.Connected && p.LastSeenAt < silentSince, ct);
        int active = await database.Runs.CountAsync(r => RunQueries.Active.Contains(r.Status), ct);
        int lost = await database.Runs.CountAsync(r => RunQueries.Active.Contains(r.Status) && r.ContactLostSince != null, ct);
        Dictionary<DeliveryState, int> deliveries = await database.Set<Delivery>().Where(d => d.State != DeliveryState.Sent)
            .GroupBy(d => d.State).ToDictionaryAsync(g => g.Key, g => g.Count(), ct);
        Dictionary<ReportJobState, int> jobs = await database.ReportJobs.GroupBy(j => j.State).ToDictionaryAsync(g => g.Key, g => g.Count(), ct);
        List<long> pending = await database.QueryAsync("SELECT COUNT(*) FROM feed_pending", [], static row => row.Long(0), ct);
        return new(
            now, [.. work.Select(w => new OpenWork(w.Kind, w.State, w.Count, Math.Max(0, (now - w.Oldest).TotalSeconds)))],
            connected, all - connected, silent, active, lost, deliveries, jobs, pending[0]);
    }
}
