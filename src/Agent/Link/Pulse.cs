using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// Heartbeats of one session. A nonce that comes back proves both directions of the stream that carries the work and renews the lease,
/// counted from when it was sent; three that do not come back mean that the stream is dead.
/// </summary>
internal sealed class Pulse(ISessionSender session, Lease lease, TimeSpan interval, TimeSpan leaseDuration, Func<long?> freeBytes, TimeProvider time)
{
    private const int MissedUntilDead = 3;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, long> _sentAt = [];
    private long _nonce;
    private long _heard;
    private long _lastEcho = time.GetTimestamp();

    /// <summary>A heartbeat of the server came: answers it, and takes its echo.</summary>
    public void Received(Heartbeat heartbeat)
    {
        lock (_gate)
        {
            if (_sentAt.TryGetValue(heartbeat.Echo, out long sentAt))
            {
                lease.Renew(sentAt, leaseDuration);
                _lastEcho = time.GetTimestamp();
                foreach (long older in _sentAt.Keys.Where(nonce => nonce <= heartbeat.Echo).ToList())
                {
                    _ = _sentAt.Remove(older);
                }
            }

            _heard = Math.Max(_heard, heartbeat.Nonce);
        }

        if (heartbeat.Nonce != 0)
        {
            session.Send(new() { Heartbeat = new() { Echo = heartbeat.Nonce } });
        }
    }

    /// <summary>Beats until cancelled; the first time at once, because no work comes to a stream that is not known to work both ways.</summary>
    /// <exception cref="TimeoutException">The stream is dead.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            session.Send(new() { Heartbeat = Next() });
            await Task.Delay(interval * (0.9 + (0.2 * Random.Shared.NextDouble())), time, ct);
        }
    }

    private Heartbeat Next()
    {
        lock (_gate)
        {
            TimeSpan silence = time.GetElapsedTime(_lastEcho);
            if (silence > interval * (MissedUntilDead + 0.5))
            {
                throw new TimeoutException($"no heartbeat came back for {silence.TotalSeconds:0.0} s");
            }

            _nonce++;
            _sentAt[_nonce] = time.GetTimestamp();
            Heartbeat next = new() { Nonce = _nonce, Echo = _heard };
            if (freeBytes() is { } free)
            {
                next.FreeBytes = free;
            }

            return next;
        }
    }
}
