namespace Orbit.Agent.Link;

/// <summary>
/// How long to wait before the next attempt: a uniformly random point in a window that doubles with every failure, so that a thousand
/// agents that lost the same server do not come back in the same second.
/// </summary>
/// <param name="cap">Largest window; the windows are 1, 2, 4 … seconds up to it.</param>
/// <param name="random">Source of the jitter.</param>
internal sealed class Backoff(TimeSpan cap, Random random)
{
    private int _failures;

    /// <summary>After a connection that has been healthy for long enough.</summary>
    public void Reset() => _failures = 0;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        double window = Math.Min(cap.TotalSeconds, Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;
        return TimeSpan.FromSeconds(window * random.NextDouble());
    }
}
