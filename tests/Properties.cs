using System.Globalization;
using FsCheck;

namespace Orbit.Tests.Support;

/// <summary>Settings of property tests.</summary>
internal static class Properties
{
    /// <summary>
    /// So many random cases; a failure throws and names the seed of its case. <c>ORBIT_TEST_SEED</c>, a whole number, makes all cases those of
    /// that seed: <c>tests/run</c> takes it from the commit, so that one commit has one result. Without it each run has its own.
    /// </summary>
    public static Config Rounds(int count)
    {
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count);
        // The second number of FsCheck's generator must be odd.
        return ulong.TryParse(Environment.GetEnvironmentVariable("ORBIT_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? config.WithReplay(seed, (seed << 1) | 1)
            : config;
    }
}
