using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Storage;

/// <summary>Makes partitions ahead of time while the server runs; at its start the <see cref="Migrator"/> did. PostgreSQL only.</summary>
internal sealed class PartitionPass(OrbitStore store, TimeProvider time, Signals signals, ILogger<PartitionPass> log) : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;

    protected override TimeSpan Pause => TimeSpan.FromHours(6);

    protected override Task RunOnceAsync(CancellationToken ct) =>
        store.WriteAsync((database, token) => Partitions.EnsureAsync(database, _time.GetUtcNow(), token), ct);
}
