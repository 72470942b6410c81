using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>
/// Says on every run whose agent is silent that nobody can tell, and since when. Frees no lock and ends nothing. After a start of this
/// process agents get a full lease to come back before anything is said.
/// </summary>
internal sealed class RunContactPass(OrbitStore store, IOptions<AgentOptions> options, TimeProvider time, Signals signals, ILogger<RunContactPass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;
    private readonly long _started = time.GetTimestamp();

    /// <inheritdoc />
    protected override TimeSpan Pause => options.Value.HeartbeatInterval;

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        if (_time.GetElapsedTime(_started) < options.Value.LeaseDuration)
        {
            return;
        }

        DateTimeOffset silentSince = _time.GetUtcNow() - options.Value.Silence;
        List<(Guid Id, long RunId, DateTimeOffset Since)> silent = await store.ReadAsync((database, cancel) => SilentAsync(database, silentSince, cancel), ct);
        await EachAsync(silent, one => store.WriteAsync((database, cancel) => LoseContactAsync(database, one.Id, one.RunId, one.Since, silentSince, cancel), ct));
    }

    private static Task<List<(Guid Id, long RunId, DateTimeOffset Since)>> SilentAsync(OrbitDbContext database, DateTimeOffset silentSince, CancellationToken ct) =>
        database.QueryAsync(
            """
            SELECT w.id, w.run_id, p.last_seen_at FROM work_items w JOIN agent_presence p ON p.agent_id = w.agent_id
            WHERE w.state IN ('Accepted', 'Running') AND w.run_id IS NOT NULL AND p.last_seen_at < @p0
            """,
            [silentSince], static row => (row.Uuid(0), row.Long(1), row.Time(2)), ct);

    private async Task LoseContactAsync(OrbitDbContext database, Guid id, long runId, DateTimeOffset since, DateTimeOffset silentSince, CancellationToken ct)
    {
        int lost = await database.RunAsync(
            """
            UPDATE work_items SET state = 'Unknown', contact_lost_since = @p1
            WHERE id = @p0 AND state IN ('Accepted', 'Running')
              AND EXISTS (SELECT 1 FROM agent_presence p WHERE p.agent_id = work_items.agent_id AND p.last_seen_at < @p2)
            """,
            [id, since, silentSince], ct);
        Run run = await RunCommands.RequireAsync(database, runId, ct);
        if (lost == 1 && run.LoseContact(since))
        {
            var events = new NewRunEvents(run, _time.GetUtcNow());
            Wire.RunEvent told = events.Add(Wire.RunEventType.ContactLost);
            (told.Agent, told.Text) = (run.AgentName, $"no word from {run.AgentName} since {since:HH:mm:ss} UTC; its work may go on");
            await events.StoreAsync(database, ct);
        }
    }
}
