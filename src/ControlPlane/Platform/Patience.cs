namespace Orbit.ControlPlane.Platform;

/// <summary>
/// How long this process has seen things wait, by the monotonic clock: a clock that is set can neither end nor prolong it. A new process
/// begins to wait anew. For one caller at a time.
/// </summary>
/// <typeparam name="TKey">What tells one wait from another.</typeparam>
internal sealed class Patience<TKey>(TimeProvider time)
    where TKey : notnull
{
    private readonly Dictionary<TKey, long> _since = [];

    /// <summary>True when <paramref name="wait"/> has been seen for <paramref name="limit"/>; the first look begins it.</summary>
    public bool IsOver(TKey wait, TimeSpan limit)
    {
        if (!_since.TryGetValue(wait, out long since))
        {
            _since[wait] = since = time.GetTimestamp();
        }

        return time.GetElapsedTime(since) >= limit;
    }

    /// <summary>Forgets all waits but these.</summary>
    public void Keep(Predicate<TKey> waits)
    {
        foreach (TKey over in _since.Keys.Where(key => !waits(key)).ToList())
        {
            _ = _since.Remove(over);
        }
    }
}
