using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Care;

/// <summary>Looks after the fleet.</summary>
internal sealed class CarePass(CareCommands care, TimeProvider time, Signals signals, ILogger<CarePass> log) : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override Task RunOnceAsync(CancellationToken ct) => care.EndDrainsAsync(ct);
}
