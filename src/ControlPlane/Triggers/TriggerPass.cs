using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Triggers;

/// <summary>Lets rules fire. A webhook never waits for it: builds are found in the feed afterwards.</summary>
internal sealed class TriggerPass(FiringCommands firings, TimeProvider time, Signals signals, ILogger<TriggerPass> log) : PeriodicPass(time, signals, log)
{
    private const int PassesAnHour = 1800;
    private int _passes;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        await firings.TakeSchedulesAsync(ct);
        await firings.TakeBuildsAsync(ct);
        await firings.TakeSelectionsAsync(ct);
        await firings.FireAsync(ct);
        if (_passes++ % PassesAnHour == 0)
        {
            await firings.ForgetOldAsync(ct);
        }
    }
}
