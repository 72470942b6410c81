using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Gates;

/// <summary>Keeps gates going: begins their batches, stops those that nobody wants any more, and writes down what came of them.</summary>
internal sealed class GatePass(GateCommands gates, TimeProvider time, Signals signals, ILogger<GatePass> log) : PeriodicPass(time, signals, log)
{
    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints => [Topics.Gates];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        await gates.BeginAsync(ct);
        await gates.FollowAsync(ct);
        await gates.DecideAsync(ct);
    }
}
