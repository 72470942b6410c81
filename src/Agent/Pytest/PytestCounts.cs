namespace Orbit.Agent.Pytest;

/// <summary>
/// Numbers of tests. Total is the sum of all others. Running is 0 once the tests have ended: what ran then is
/// Interrupted. NotRun counts, while tests go on, also those that will still run.
/// </summary>
internal sealed record PytestCounts(
    int Total, int Passed, int Failed, int Broken, int Skipped, int Interrupted, int NotRun, int Running)
{
    /// <summary>Tests that came to a result.</summary>
    public int Finished => Passed + Failed + Broken + Skipped;

    /// <summary>Tests that failed or broke.</summary>
    public int Bad => Failed + Broken;
}
