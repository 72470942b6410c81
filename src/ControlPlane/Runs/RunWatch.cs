using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

/// <summary>What a watcher is sent: a snapshot, stored events, heartbeats.</summary>
internal readonly record struct WatchedEvent(RunView? Snapshot, byte[]? Stored, long Seq, bool IsHeartbeat);

/// <summary>
/// Follows a run's events from a number on: reads the truth from the database, waits on a signal that carries no data, ends after the
/// event that made the run terminal. A refresh, a reconnect, a second tab and a restart of the server are all this same path.
/// </summary>
internal sealed class RunWatch(OrbitStore store, Signals signals, TimeProvider time)
{
    private const int PageSize = 500;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>Events with a greater number, oldest first, then live.</summary>
    public async IAsyncEnumerable<WatchedEvent> ReadAsync(long runId, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        RunView view = await store.ReadAsync((database, cancel) => database.RunViewAsync(runId, cancel), ct);
        if (after < 0 || after > view.Run.LastSeq)
        {
            throw new OrbitException(Refusal.OutOfRange, "CURSOR_TOO_NEW", $"Run {runId} has events up to {view.Run.LastSeq}; there is none after {after}. Start again from 0.");
        }

        int day = view.Run.Day;
        if (after == 0)
        {
            after = view.Run.LastSeq;
            yield return new(view, null, after, false);
        }

        long lastSent = time.GetTimestamp();
        while (true)
        {
            Task changed = signals.Changed(Topics.Run(runId)); // taken before the read, so that a change during it is not missed
            (List<RunEventRow> page, bool ended, long newest) = await ReadPageAsync(day, runId, after, ct);
            foreach (RunEventRow row in page)
            {
                after = row.Seq;
                yield return new(null, row.Payload, row.Seq, false);
                lastSent = time.GetTimestamp();
            }

            if (ended && after >= newest)
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
                yield return new(null, null, after, true);
                lastSent = time.GetTimestamp();
            }
        }
    }

    private Task<(List<RunEventRow> Page, bool Ended, long Newest)> ReadPageAsync(int day, long runId, long after, CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) =>
            {
                // Status first: an event that comes between the two reads is only seen early, never missed.
                var state = await database.Runs.Where(r => r.Id == runId).Select(r => new { r.Status, r.LastSeq }).SingleAsync(cancel);
                List<RunEventRow> page = await database.EventsAfterAsync(day, runId, after, PageSize, cancel);
                return (page, RunLifecycle.IsTerminal(state.Status), state.LastSeq);
            },
            ct);
}
