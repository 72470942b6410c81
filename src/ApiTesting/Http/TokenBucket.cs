using System.Diagnostics;

namespace Orbit.ApiTesting.Http;

/// <summary>A steady rate: each caller is given the next free moment. A short burst makes up for moments that nobody took.</summary>
internal sealed class TokenBucket(double perSecond, TimeProvider time)
{
    private const double BurstSeconds = 0.05;
    private readonly Lock _gate = new();
    private readonly long _step = (long)(Stopwatch.Frequency / perSecond);
    private long _next;

    public async ValueTask TakeAsync(CancellationToken ct)
    {
        long wait = Reserve();
        if (wait > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)wait / Stopwatch.Frequency), time, ct);
        }
    }

    private long Reserve()
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            _next = Math.Max(_next, now - (long)(Stopwatch.Frequency * BurstSeconds));
            long wait = _next - now;
            _next += _step;
            return wait;
        }
    }
}
