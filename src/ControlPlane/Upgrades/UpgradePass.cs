using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Upgrades;

/// <summary>Moves the active upgrade, and begins one where it is to begin by itself.</summary>
internal sealed class UpgradePass(UpgradeCommands commands, TimeProvider time, Signals signals, ILogger<UpgradePass> log) : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [UpgradeCommands.Topic];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        await commands.StartDueAsync(ct);
        await commands.MoveAsync(ct);
    }
}
