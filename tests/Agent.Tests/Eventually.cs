using System.Diagnostics;

namespace Orbit.Agent.Tests;

/// <summary>Waits for conditions.</summary>
internal static class Eventually
{
    /// <summary>Waits until the condition holds; after the limit fails and says how things stand.</summary>
    public static async Task TrueAsync(Func<bool> condition, Func<string> state, int seconds = 20)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begun).TotalSeconds > seconds)
            {
                Assert.Fail($"Not within {seconds} s. {state()}");
            }

            await Task.Delay(5);
        }
    }
}
