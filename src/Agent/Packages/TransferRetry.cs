using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Packages;

/// <summary>Repeats an interrupted transfer with growing, jittered pauses, for as long as it gets anywhere and the total time allows.</summary>
internal sealed class TransferRetry(PackageServerOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Runs attempts until one succeeds.</summary>
    /// <param name="address">For messages.</param>
    /// <param name="position">How many bytes are there; an attempt that raised it was not fruitless.</param>
    /// <param name="attempt">One attempt; <see cref="InterruptedTransfer"/> asks for another.</param>
    /// <param name="ct">The caller's own end.</param>
    /// <exception cref="PackageRefusal">Attempts or time ran out.</exception>
    public async Task<T> RunAsync<T>(
        Uri address, Func<long> position, Func<CancellationToken, Task<T>> attempt, CancellationToken ct)
    {
        using CancellationTokenSource total = new(options.TotalTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, total.Token);
        int fruitless = 0;
        long best = position();
        while (true)
        {
            try
            {
                return await attempt(both.Token).ConfigureAwait(false);
            }
            catch (InterruptedTransfer broken)
            {
                fruitless = position() > best ? 1 : fruitless + 1;
                best = Math.Max(best, position());
                if (fruitless >= options.MaxFruitlessAttempts)
                {
                    throw new PackageRefusal(
                        PackageRefusal.ServerUnreachable, $"{broken.Message} {fruitless} attempts brought nothing more.", broken);
                }

                await PauseAsync(address, position(), broken, fruitless, both.Token, ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested && total.IsCancellationRequested)
            {
                throw TimedOut(address);
            }
        }
    }

    private async Task PauseAsync(
        Uri address, long offset, InterruptedTransfer broken, int fruitless, CancellationToken both, CancellationToken ct)
    {
        double window = Math.Min(
            options.FirstPause.TotalMilliseconds * Math.Pow(2, fruitless - 1), options.MaxPause.TotalMilliseconds);
        TimeSpan pause = TimeSpan.FromMilliseconds(window * (0.5 + (Random.Shared.NextDouble() / 2)));
        logger.DownloadInterrupted(address, offset, broken.Message, pause);
        try
        {
            await Task.Delay(pause, time, both).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw TimedOut(address);
        }
    }

    private PackageRefusal TimedOut(Uri address) =>
        new(PackageRefusal.TimedOut, $"{address} was not fetched within {options.TotalTimeout}.");
}
