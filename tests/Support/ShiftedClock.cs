namespace Orbit.Tests.Support;

/// <summary>The real clock, moved: time of day jumps at <see cref="Advance"/>, timers and monotonic time run as they do.</summary>
public sealed class ShiftedClock : TimeProvider
{
    private long _shift;

    /// <summary>Moves the time of day forward.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _shift, by.Ticks);

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));
}
