namespace Orbit.Agent.Packages;

/// <summary>Reads from a connection and gives up on it when no byte comes for a while.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationToken _ct;
    private readonly CancellationTokenSource _stall;
    private readonly CancellationTokenSource _both;

    public StallGuard(TimeSpan limit, TimeProvider time, CancellationToken ct)
    {
        (_limit, _ct) = (limit, ct);
        _stall = new CancellationTokenSource(limit, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(ct, _stall.Token);
    }

    /// <returns>How many bytes came; 0 at the end of the body.</returns>
    /// <exception cref="InterruptedTransfer">The connection broke or fell silent.</exception>
    public async Task<int> ReadAsync(Stream body, Memory<byte> buffer)
    {
        _stall.CancelAfter(_limit);
        try
        {
            return await body.ReadAsync(buffer, _both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException silent) when (!_ct.IsCancellationRequested)
        {
            throw new InterruptedTransfer($"No byte came for {_limit}.", silent);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw new InterruptedTransfer($"The connection broke: {broken.Message}", broken);
        }
    }

    public void Dispose()
    {
        _both.Dispose();
        _stall.Dispose();
    }
}
