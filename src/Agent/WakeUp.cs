using System.Threading.Channels;

namespace Orbit.Agent;

/// <summary>Tells one waiting loop to look again. Calls while it is busy, however many, are remembered as one.</summary>
internal sealed class WakeUp
{
    private readonly Channel<bool> _flag = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>There is something to look at.</summary>
    public void Set() => _flag.Writer.TryWrite(true);

    /// <summary>Completes when there is something to look at.</summary>
    public async ValueTask WaitAsync(CancellationToken ct) => _ = await _flag.Reader.ReadAsync(ct);

    /// <summary>Completes when there is something to look at, or when the time is over.</summary>
    /// <returns>Whether it was woken.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken ct)
    {
        if (_flag.Reader.TryRead(out _))
        {
            return true;
        }

        using var over = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, ct);
        try
        {
            _ = await _flag.Reader.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
