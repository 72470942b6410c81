using System.Diagnostics;

namespace Orbit.Tests.Support;

/// <summary>Waits for a condition with a limit, and says at the end what the last state was.</summary>
public static class Eventually
{
    /// <summary>Reads <paramref name="read"/> until <paramref name="done"/> holds; returns what was read last.</summary>
    public static async Task<T> ReadAsync<T>(Func<Task<T>> read, Func<T, bool> done, TimeSpan? limit = null)
    {
        TimeSpan longest = limit ?? TimeSpan.FromSeconds(20);
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            T state = await read();
            if (done(state))
            {
                return state;
            }

            if (Stopwatch.GetElapsedTime(started) > longest)
            {
                throw new TimeoutException($"Not within {longest}. Last state: {state}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Waits until <paramref name="holds"/> is true.</summary>
    public static Task HoldsAsync(Func<Task<bool>> holds, TimeSpan? limit = null) => ReadAsync(holds, held => held, limit);

    /// <summary>Waits until <paramref name="holds"/> is true.</summary>
    public static Task HoldsAsync(Func<bool> holds, TimeSpan? limit = null) => ReadAsync(() => Task.FromResult(holds()), held => held, limit);
}
