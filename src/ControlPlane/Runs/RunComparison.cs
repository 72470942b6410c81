namespace Orbit.ControlPlane.Runs;

/// <summary>What became of a test from one run to another. In the order they are shown.</summary>
internal enum TestChangeKind
{
    NewlyFailing,
    StillFailing,
    Fixed,
    New,
    Missing,
    Unchanged,
}

/// <summary>How a test went, without its texts.</summary>
internal readonly record struct TestState(string Id, TestOutcome Outcome, long DurationMs);

/// <summary>One test in two runs; null where it is not there.</summary>
internal readonly record struct TestChange(string Id, TestChangeKind Kind, TestState? Before, TestState? After);

/// <summary>Compares the tests of two runs.</summary>
internal static class RunComparison
{
    /// <summary>Every test of either run with what became of it, by kind and then by id.</summary>
    public static List<TestChange> Compare(IEnumerable<TestState> before, IEnumerable<TestState> after)
    {
        Dictionary<string, TestState> known = before.ToDictionary(t => t.Id, StringComparer.Ordinal);
        var changes = new List<TestChange>();
        foreach (TestState now in after)
        {
            TestState? was = known.Remove(now.Id, out TestState found) ? found : null;
            changes.Add(new(now.Id, KindOf(was, now), was, now));
        }

        changes.AddRange(known.Values.Select(gone => new TestChange(gone.Id, TestChangeKind.Missing, gone, null)));
        changes.Sort((a, b) => a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind) : string.CompareOrdinal(a.Id, b.Id));
        return changes;
    }

    private static TestChangeKind KindOf(TestState? before, TestState now) => (before, now.Outcome) switch
    {
        ({ } was, var outcome) when Fails(outcome) => Fails(was.Outcome) ? TestChangeKind.StillFailing : TestChangeKind.NewlyFailing,
        (null, var outcome) when Fails(outcome) => TestChangeKind.NewlyFailing,
        (null, _) => TestChangeKind.New,
        ({ } was, TestOutcome.NotRun or TestOutcome.Pending) => was.Outcome is TestOutcome.NotRun or TestOutcome.Pending ? TestChangeKind.Unchanged : TestChangeKind.Missing,
        ({ } was, TestOutcome.Passed) when Fails(was.Outcome) => TestChangeKind.Fixed,
        _ => TestChangeKind.Unchanged,
    };

    private static bool Fails(TestOutcome outcome) => outcome is TestOutcome.Failed or TestOutcome.Broken or TestOutcome.Interrupted or TestOutcome.Unknown;
}
