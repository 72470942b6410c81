using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Begins batches by the clock.</summary>
internal sealed class BatchSchedulePass(BatchScheduleCommands schedules, TimeProvider time, Signals signals, ILogger<BatchSchedulePass> log) : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override Task RunOnceAsync(CancellationToken ct) => schedules.BeginDueAsync(ct);
}
