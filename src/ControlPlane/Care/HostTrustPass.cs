using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Care;

/// <summary>Looks for hosts on which everything fails.</summary>
internal sealed class HostTrustPass(HostTrustCommands trust, TimeProvider time, Signals signals, ILogger<HostTrustPass> log) : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    protected override Task RunOnceAsync(CancellationToken ct) => trust.QuarantineAsync(ct);
}
