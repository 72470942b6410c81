namespace Orbit.Agent.Link;

/// <summary>
/// The right to begin something new. Granted by the control plane for a duration that counts from when the agent <em>asked</em>, so that an
/// answer that was long under way does not lengthen it. Losing it stops no running step; it forbids to start the next one until it is
/// renewed. Measured by the monotonic clock: no change of the wall clock matters.
/// </summary>
internal sealed class Lease(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _renewed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _askedAt;
    private TimeSpan _duration = TimeSpan.MinValue;

    /// <summary>Whether something may be started now.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_gate)
            {
                return _duration > TimeSpan.Zero && time.GetElapsedTime(_askedAt) < _duration;
            }
        }
    }

    /// <summary>Takes a grant.</summary>
    /// <param name="askedAt">Timestamp at which the request was sent that the control plane has answered now.</param>
    /// <param name="duration">How long the grant is good for.</param>
    public void Renew(long askedAt, TimeSpan duration)
    {
        lock (_gate)
        {
            (_askedAt, _duration) = (askedAt, duration);
            _renewed.TrySetResult();
        }
    }

    /// <summary>Completes at once while the lease is held, else when it is renewed.</summary>
    public ValueTask WaitAsync(CancellationToken ct) => IsHeld ? ValueTask.CompletedTask : new ValueTask(WaitForRenewalAsync(ct));

    private async Task WaitForRenewalAsync(CancellationToken ct)
    {
        while (!IsHeld)
        {
            Task renewed;
            lock (_gate)
            {
                if (_renewed.Task.IsCompleted)
                {
                    _renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                renewed = _renewed.Task;
            }

            if (IsHeld)
            {
                return; // renewed between the look and the wait
            }

            await renewed.WaitAsync(ct);
        }
    }
}
