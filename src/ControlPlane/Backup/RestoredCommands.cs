using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.Storage.Backups;
using Orbit.ControlPlane.Triggers;
using Orbit.Shared;

namespace Orbit.ControlPlane.Backup;

/// <summary>What was settled after a restore.</summary>
/// <param name="Runs">Runs that ended as unknown.</param>
/// <param name="Batches">Batches that were paused.</param>
internal sealed record Settled(int Runs, int Batches);

/// <summary>
/// Makes an older state safe to go on from. What was queued or under way when the backup was taken may have been carried out since, so
/// none of it is ever given to an agent: runs end as unknown, batches wait for a person, occurrences of rules are let go. Sessions of people
/// and agents, tokens that were not used, and positions of watchers are void; numbers go on far above those that may have been seen.
/// </summary>
internal sealed class RestoredCommands(OrbitStore store, IDatabaseCopy copy, TimeProvider time)
{
    private const long SessionEpochs = 1_000_000;

    private static readonly Caller Restore = new("restore", IsAdmin: true, SessionId: null, RemoteAddress: "");

    private static readonly string[] Void =
    [
        "UPDATE agent_presence SET connected = FALSE",
        "DELETE FROM service_locks",
        "DELETE FROM sessions",
        "DELETE FROM login_codes",
        "DELETE FROM join_tokens WHERE used_by_key_id IS NULL",
        "DELETE FROM feed_pending",
        "UPDATE trigger_firings SET next_try_at = NULL WHERE next_try_at IS NOT NULL",
    ];

    /// <summary>Settles a state that was just loaded, before a server or an agent sees it.</summary>
    public async Task<Settled> SettleAsync(DateTimeOffset takenAt, CancellationToken ct)
    {
        string when = takenAt.ToString("u", CultureInfo.InvariantCulture);
        string why = $"restored from a backup of {when}; nobody can know what came of it since";
        List<long> runs = await store.ReadAsync(
            (database, cancel) => database.Runs.Where(r => RunQueries.Active.Contains(r.Status) && r.Status != RunStatus.Reporting).OrderBy(r => r.Id).Select(r => r.Id).ToListAsync(cancel), ct);
        foreach (long id in Safeguard.IsOn("restore-settles") ? runs : [])
        {
            await store.WriteAsync(
                async (database, cancel) => await RunCommands.EndUnknownAsync(database, await RunCommands.RequireAsync(database, id, cancel), why, time.GetUtcNow(), cancel), ct);
        }

        return await store.WriteAsync((database, cancel) => SettleAsync(database, runs.Count, when, cancel), ct);
    }

    private async Task<Settled> SettleAsync(OrbitDbContext database, int runs, string when, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (!Safeguard.IsOn("restore-settles"))
        {
            return new(0, 0);
        }

        await database.RunAsync("UPDATE work_items SET state = 'Ended', epoch = epoch + 1, ended_at = @p0 WHERE state <> 'Ended'", [now], ct);
        await database.RunAsync("UPDATE agents SET session_epoch = session_epoch + @p0, upload_token_hash = ''", [SessionEpochs], ct);
        foreach (string statement in Void)
        {
            await database.RunAsync(statement, [], ct);
        }

        int batches = await PauseBatchesAsync(database, when, now, ct);
        foreach (TriggerRule rule in await database.TriggerRules.AsTracking().Where(r => r.NextAt != null && r.NextAt <= now).ToListAsync(ct))
        {
            rule.TakeDue(now); // its time came while nobody knows what ran
        }

        await RestartFeedAsync(database, now, ct);
        await copy.SkipNumbersAsync(database, ct);
        database.Audit(Restore, now, "backup.restored", "backup:all", @new: new { TakenAt = when, RunsEnded = runs, BatchesPaused = batches });
        return new(runs, batches);
    }

    /// <summary>Rows that were given out wait again, until a person resumes the batch or stops it.</summary>
    private static async Task<int> PauseBatchesAsync(OrbitDbContext database, string when, DateTimeOffset now, CancellationToken ct)
    {
        List<ApiBatch> open = await database.ApiBatches.AsTracking().Where(b => b.Status == BatchStatus.Running || b.Status == BatchStatus.Paused).ToListAsync(ct);
        foreach (ApiBatch batch in open)
        {
            batch.Status = BatchStatus.Paused;
            batch.Revision++;
            BatchCommands.Tell(database, batch, $"paused: restored from a backup of {when}; rows may have been run since. Resume it, or stop it", now);
        }

        await database.SaveChangesAsync(ct);
        await database.RunAsync("UPDATE api_batch_rows SET piece_id = NULL WHERE piece_id IS NOT NULL AND outcome IS NULL", [], ct);
        await database.RunAsync("DELETE FROM api_batch_pieces", [], ct);
        return open.Count;
    }

    /// <summary>Whoever watches begins again from a list: no position from before can be mistaken for one from now on.</summary>
    private static async Task RestartFeedAsync(OrbitDbContext database, DateTimeOffset now, CancellationToken ct)
    {
        long newest = (await database.QueryAsync("SELECT COALESCE(MAX(sequence), 0) FROM feed", [], static row => row.Long(0), ct))[0];
        await database.RunAsync("DELETE FROM feed", [], ct);
        await database.RunAsync(
            "INSERT INTO feed (day, sequence, topic, entity_id) VALUES (@p0, @p1, 'restored', 0)",
            [TimePartitioned.DayOf(now), newest + (10 * SkippedNumbers.Count)], ct);
    }
}
