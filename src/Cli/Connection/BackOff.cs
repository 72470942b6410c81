namespace Orbit.Cli.Connection;

/// <summary>Growing pauses with full jitter, so that many clients of a restarted server do not come back at once.</summary>
/// <param name="First">Window of the first pause; it doubles with each failure.</param>
/// <param name="Most">Widest window.</param>
internal sealed record BackOff(TimeSpan First, TimeSpan Most)
{
    /// <param name="failures">Failures in a row so far, from 1.</param>
    /// <param name="atLeast">What the server asked for; zero when it named nothing.</param>
    public TimeSpan Pause(int failures, TimeSpan atLeast)
    {
        double window = Math.Min(Most.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 20)));
        return atLeast + TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * window);
    }
}
