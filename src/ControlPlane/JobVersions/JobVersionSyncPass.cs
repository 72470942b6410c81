using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.JobVersions;

/// <summary>Lets selections follow their newest builds when their time has come.</summary>
internal sealed class JobVersionSyncPass(JobVersionCommands commands, TimeProvider time, Signals signals, ILogger<JobVersionSyncPass> log)
    : PeriodicPass(time, signals, log)
{
    /// <summary>A quarter of the shortest interval.</summary>
    protected override TimeSpan Pause => TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct) => await commands.SyncDueAsync(ct);
}
