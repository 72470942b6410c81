namespace Orbit.ControlPlane.Platform;

/// <summary>
/// A background duty: an idempotent pass with no input, started by a timer and by a hint. It never acts on the hint's data and never
/// retries inside; the next pass is the retry.
/// </summary>
internal abstract class PeriodicPass(TimeProvider time, Signals signals, ILogger log) : BackgroundService
{
    /// <summary>Longest pause between two passes.</summary>
    protected abstract TimeSpan Pause { get; }

    /// <summary>Topics whose signal starts a pass at once.</summary>
    protected virtual IReadOnlyList<string> Hints => [];

    /// <summary>How long a hinted pass waits for more hints; not at all unless a pass says so.</summary>
    protected virtual TimeSpan Gather => TimeSpan.Zero;

    /// <summary>Runs once. What it did not finish it finds again next time.</summary>
    protected abstract Task RunOnceAsync(CancellationToken ct);

    /// <summary>Does something for each thing. One that fails keeps no other from its turn; the pass fails afterwards.</summary>
    /// <exception cref="AggregateException">What failed.</exception>
    protected static async Task EachAsync<T>(IEnumerable<T> things, Func<T, Task> work)
    {
        var failures = new List<Exception>();
        foreach (T thing in things)
        {
            try
            {
                await work(thing);
            }
            catch (Exception failure) when (IsOfOne(failure))
            {
                failures.Add(failure);
            }
        }

        FailOf(failures);
    }

    /// <summary>Whether a failure is of the one thing that was being done: not of the database that is away, nor of a stop.</summary>
    protected static bool IsOfOne(Exception failure) =>
        failure is not (OperationCanceledException or OutOfMemoryException or OrbitException { Kind: Refusal.Later });

    /// <summary>Fails the pass if anything in it failed.</summary>
    /// <exception cref="AggregateException">What failed.</exception>
    protected static void FailOf(IReadOnlyCollection<Exception> failures)
    {
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            Task[] hinted = [.. Hints.Select(signals.Changed)];
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                log.PassFailed(GetType().Name, Pause, failure);
                hinted = []; // a failing pass waits its pause whatever the hints say
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny([.. hinted, Task.Delay(Pause, time, pause.Token)]);
            await pause.CancelAsync();
            if (Gather > TimeSpan.Zero && Array.Exists(hinted, hint => hint.IsCompleted))
            {
                await Task.Delay(Gather, TimeProvider.System, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
