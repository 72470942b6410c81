using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Feed;

/// <summary>
/// Numbers committed changes. One process at a time does it, by an advisory lock on PostgreSQL and by being the writer on SQLite, so that
/// no reader can see 2 before 1 is there.
/// </summary>
internal sealed class FeedSequencer(OrbitStore store, TimeProvider time, Signals signals, ILogger<FeedSequencer> log) : PeriodicPass(time, signals, log)
{
    private const int LargestBatch = 2000;
    private const long LockKey = 0x6f72_6269_7401;
    private readonly TimeProvider _time = time;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(5);

    /// <summary>A list that is ten milliseconds behind looks no different, and a run's first events are one pass.</summary>
    protected override TimeSpan Gather => TimeSpan.FromMilliseconds(10);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [Topics.FeedPending];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        while (await store.WriteAsync(NumberAsync, ct) == LargestBatch)
        {
        }
    }

    private async Task<int> NumberAsync(OrbitDbContext database, CancellationToken ct)
    {
        if (!database.IsEmbedded)
        {
            List<bool> mine = await database.QueryAsync("SELECT pg_try_advisory_xact_lock(@p0)", [LockKey], static row => row.Flag(0), ct);
            if (!mine[0])
            {
                return 0; // another replica is at it
            }
        }

        List<(string Topic, long EntityId, long Id)> taken = await database.QueryAsync(
            "DELETE FROM feed_pending WHERE id IN (SELECT id FROM feed_pending ORDER BY id LIMIT @p0) RETURNING topic, entity_id, id",
            [LargestBatch], static row => (row.Text(0), row.Long(1), row.Long(2)), ct);
        if (taken.Count == 0)
        {
            return 0;
        }

        List<long> newest = await database.QueryAsync("SELECT COALESCE(MAX(sequence), 0) FROM feed", [], static row => row.Long(0), ct);
        (string Topic, long EntityId)[] changes = [.. taken.OrderBy(t => t.Id).Select(t => (t.Topic, t.EntityId)).Distinct()];
        int day = TimePartitioned.DayOf(_time.GetUtcNow());
        await database.InsertAsync(
            "feed",
            [
                new("day", "integer", Array.ConvertAll(changes, _ => day)),
                new("sequence", "bigint", changes.Select((_, i) => newest[0] + 1 + i).ToArray()),
                new("topic", "text", Array.ConvertAll(changes, c => c.Topic)),
                new("entity_id", "bigint", Array.ConvertAll(changes, c => c.EntityId)),
            ],
            onConflict: null,
            ct);
        database.RaiseAfterCommit(Topics.Feed);
        return taken.Count;
    }
}
