using System.Runtime.CompilerServices;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a watcher is sent: a snapshot, an event with the batch as it is, a heartbeat.</summary>
internal readonly record struct WatchedBatch(BatchView? Snapshot, BatchEventView? Event, BatchView? Now, long Seq);

/// <summary>
/// Follows a batch's events from a number on: reads the truth from the database, waits on a signal that carries no data, ends after the
/// event that ended the batch.
/// </summary>
internal sealed class BatchWatch(OrbitStore store, Signals signals, TimeProvider time)
{
    private const int PageSize = 500;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>Events with a greater number, oldest first, then live.</summary>
    public async IAsyncEnumerable<WatchedBatch> ReadAsync(long id, long after, Caller by, [EnumeratorCancellation] CancellationToken ct)
    {
        BatchView view = await store.ReadAsync((database, cancel) => ReadableAsync(database, id, by, cancel), ct);
        if (after < 0 || after > view.Batch.LastSeq)
        {
            throw new OrbitException(Refusal.OutOfRange, "CURSOR_TOO_NEW", $"Batch {id} has events up to {view.Batch.LastSeq}; there is none after {after}. Start again from 0.");
        }

        if (after == 0)
        {
            yield return new(view, null, null, 0);
        }

        long lastSent = time.GetTimestamp();
        while (true)
        {
            Task changed = signals.Changed(Topics.Batch(id)); // taken before the read, so that a change during it is not missed
            (BatchView now, List<BatchEventView> page) = await store.ReadAsync(
                async (database, cancel) => (await ReadableAsync(database, id, by, cancel), await database.EventsAfterAsync(id, after, PageSize, cancel)), ct);
            foreach (BatchEventView happened in page)
            {
                after = happened.Event.Seq;
                yield return new(null, happened, now, after);
                lastSent = time.GetTimestamp();
            }

            if (now.Batch.HasEnded && after >= now.Batch.LastSeq)
            {
                yield break;
            }

            if (page.Count == PageSize)
            {
                continue;
            }

            using (var pause = CancellationTokenSource.CreateLinkedTokenSource(ct))
            {
                await Task.WhenAny(changed, Task.Delay(LookAgain, time, pause.Token));
                await pause.CancelAsync();
            }

            ct.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(lastSent) > HeartbeatEvery - LookAgain)
            {
                yield return new(null, null, null, after);
                lastSent = time.GetTimestamp();
            }
        }
    }

    /// <summary>Asked again with each page: who may see no longer what it runs is sent nothing more.</summary>
    private static async Task<BatchView> ReadableAsync(OrbitDbContext database, long id, Caller by, CancellationToken ct)
    {
        BatchView view = await database.BatchViewAsync(id, ct);
        await database.RequireReadableAsync(view.Batch, by, ct);
        return view;
    }
}
