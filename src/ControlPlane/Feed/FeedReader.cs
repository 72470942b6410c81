using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Feed;

/// <summary>A step of the feed: a change, or, with an empty topic, "you have everything up to here".</summary>
internal readonly record struct FeedStep(long Sequence, string Topic, long EntityId);

/// <summary>Follows the feed after a position. Reads the truth, waits on a signal that carries no data.</summary>
internal sealed class FeedReader(OrbitStore store, Signals signals, TimeProvider time)
{
    private const int PageSize = 500;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(10);

    /// <summary>Changes after a position, oldest first, then live. Position 0: from now on.</summary>
    public async IAsyncEnumerable<FeedStep> ReadAsync(long after, [EnumeratorCancellation] CancellationToken ct)
    {
        (long oldest, long newest) = await BoundsAsync(ct);
        if (after < 0 || after > newest || (after > 0 && after < oldest - 1))
        {
            throw new OrbitException(Refusal.OutOfRange, "CURSOR_TOO_OLD", $"The feed holds {oldest} to {newest}; it cannot go on after {after}. Start again from a list.");
        }

        after = after == 0 ? newest : after;
        yield return new(after, "", 0);
        long told = time.GetTimestamp();
        bool behind = false;
        while (true)
        {
            Task changed = signals.Changed(Topics.Feed); // taken before the read, so that a change during it is not missed
            List<FeedEntry> page = await PageAsync(after, ct);
            foreach (FeedEntry entry in page)
            {
                after = entry.Sequence;
                behind = true;
                yield return new(entry.Sequence, entry.Topic, entry.EntityId);
            }

            if (page.Count == PageSize)
            {
                continue;
            }

            if (behind || time.GetElapsedTime(told) > HeartbeatEvery - LookAgain)
            {
                yield return new(after, "", 0);
                (behind, told) = (false, time.GetTimestamp());
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(changed, Task.Delay(LookAgain, time, pause.Token));
            await pause.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }
    }

    private Task<(long Oldest, long Newest)> BoundsAsync(CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) => (
                await database.Set<FeedEntry>().MinAsync(e => (long?)e.Sequence, cancel) ?? 0,
                await database.Set<FeedEntry>().MaxAsync(e => (long?)e.Sequence, cancel) ?? 0),
            ct);

    /// <summary>Served by the index on the sequence.</summary>
    private Task<List<FeedEntry>> PageAsync(long after, CancellationToken ct) =>
        store.ReadAsync((database, cancel) => database.Set<FeedEntry>().Where(e => e.Sequence > after).OrderBy(e => e.Sequence).Take(PageSize).ToListAsync(cancel), ct);
}

/// <summary>Reads of the feed.</summary>
internal static class FeedQueries
{
    /// <summary>The newest position; 0 while nothing has changed. Served by the index on the sequence.</summary>
    public static async Task<long> FeedPositionAsync(this OrbitDbContext database, CancellationToken ct) =>
        await database.Set<FeedEntry>().MaxAsync(e => (long?)e.Sequence, ct) ?? 0;
}
