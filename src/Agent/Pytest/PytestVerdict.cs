namespace Orbit.Agent.Pytest;

/// <summary>What came of the tests.</summary>
internal enum PytestVerdictKind
{
    /// <summary>Every collected test ran and none failed.</summary>
    Passed,

    /// <summary>At least one failed or broke, or pytest says that something did.</summary>
    TestsFailed,

    /// <summary>There was nothing to run.</summary>
    NoTests,

    /// <summary>The tests could not be run, or not all of them, or nobody can tell.</summary>
    InfrastructureError,

    /// <summary>The agent ended them because their time was up.</summary>
    TimedOut,

    /// <summary>Somebody else ended them.</summary>
    Interrupted,

    /// <summary>The agent ended them because it was asked to.</summary>
    Cancelled,
}

/// <summary>
/// The verdict, decided from pytest's own events first and from the command's exit code second: a wrapper script that
/// pipes or forgets the code must not turn a failure into a success.
/// </summary>
/// <param name="Kind">What came of the tests.</param>
/// <param name="Code">A stable word for the cause.</param>
/// <param name="Reason">The cause in plain words, for a person.</param>
internal sealed record PytestVerdict(PytestVerdictKind Kind, string Code, string Reason)
{
    /// <summary>The first rule that applies decides; their order is part of the contract (docs/pytest-events.md).</summary>
    public static PytestVerdict Of(PytestSession session, PytestEnd end)
    {
        PytestCounts counts = session.Count(ended: true);
        return Stopped(session, counts, end)
            ?? Vanished(session, counts, end)
            ?? Unfit(session, counts)
            ?? Interruption(session, counts)
            ?? Nothing(session, counts)
            ?? Failures(session, counts, end)
            ?? Success(counts, end);
    }

    private static PytestVerdict? Stopped(PytestSession session, PytestCounts counts, PytestEnd end) => end.Stop switch
    {
        PytestStop.Cancelled => new(PytestVerdictKind.Cancelled, "CANCELLED", $"Cancelled {Progress(session, counts)}."),
        PytestStop.TimedOut => new(PytestVerdictKind.TimedOut, "TIMED_OUT", $"The time limit was reached {Progress(session, counts)}."),
        _ => null,
    };

    private static PytestVerdict? Vanished(PytestSession session, PytestCounts counts, PytestEnd end)
    {
        bool begun = session.Processes.Any(process => process.Started is not null || process.Finished is not null);
        if (begun && session.Processes.All(process => process.Finished is not null))
        {
            return null;
        }

        string when = begun ? Progress(session, counts) : "before pytest began";
        if (end.BySomebody)
        {
            return new(PytestVerdictKind.Interrupted, "PYTEST_KILLED", $"{end} from somebody else ended the tests {when}.");
        }

        return begun
            ? Trouble("PYTEST_VANISHED", $"pytest disappeared without an end ({end}) {when}.")
            : Trouble("PYTEST_NOT_STARTED", NotStarted(end));
    }

    private static PytestVerdict? Unfit(PytestSession session, PytestCounts counts)
    {
        foreach (PytestProcess process in session.Processes)
        {
            switch (process.Finished!.ExitStatus)
            {
                case 3:
                    return Trouble("PYTEST_INTERNAL_ERROR", $"pytest itself or a plugin of it failed {Progress(session, counts)}: {FirstLine(process.InternalError?.Message)}");
                case 4:
                    return Trouble("PYTEST_USAGE_ERROR", "pytest refused its command line: a file, directory or test in it does not exist, or a conftest.py does not load (exit code 4).");
                case not (0 or 1 or 2 or 5):
                    return Trouble("PYTEST_EXIT_UNKNOWN", $"pytest ended with the exit code {process.Finished.ExitStatus}, which has no meaning, {Progress(session, counts)}: {FirstLine(process.Interrupted?.Message)}");
            }
        }

        return session.CollectionErrors is [var first, ..]
            ? Trouble("COLLECTION_ERROR", $"{Plural(session.CollectionErrors.Count, "module")} could not be collected; the first is {first.Id}: {FirstLine(first.Message)}")
            : null;
    }

    private static PytestVerdict? Interruption(PytestSession session, PytestCounts counts) =>
        session.Processes.FirstOrDefault(process => process.Finished!.ExitStatus == 2 || (StoppedEarly(process) && process.Bad.Count == 0)) is { } found
            ? new(PytestVerdictKind.Interrupted, "PYTEST_INTERRUPTED", $"pytest was interrupted {Progress(session, counts)}: {Cause(found)}")
            : null;

    private static PytestVerdict? Nothing(PytestSession session, PytestCounts counts)
    {
        if (counts.Total > 0 && session.Processes.Any(process => process.Finished!.ExitStatus != 5))
        {
            return null;
        }

        int deselected = session.Processes.Sum(process => process.Collected?.Deselected ?? 0);
        string why = Missing(session) is { Length: > 0 } missing ? missing
            : deselected > 0 ? $" {Plural(deselected, "test")} deselected."
            : "";
        return new(PytestVerdictKind.NoTests, "NO_TESTS", $"pytest found no tests to run.{why}");
    }

    private static PytestVerdict? Failures(PytestSession session, PytestCounts counts, PytestEnd end)
    {
        string hidden = end.Code == 0 ? " The command that ran pytest hid this by ending with exit code 0." : "";
        if (counts.Bad > 0)
        {
            string first = session.Tests.First(test => test.Status is PytestStatus.Failed or PytestStatus.Broken).Id;
            string broken = counts.Broken > 0 ? $", {counts.Broken} of them outside an assertion" : "";
            return new(PytestVerdictKind.TestsFailed, "TESTS_FAILED", $"{counts.Bad} of {Plural(counts.Total, "test")} failed{broken}; the first is {first}.{NotRun(counts)}{Missing(session)}{hidden}");
        }

        // A process that failed with tests which a later process ran again with success is made up for.
        bool unexplained = session.Processes.Any(process => process.Finished!.ExitStatus == 1 && process.Bad.Count == 0);
        return unexplained
            ? new(PytestVerdictKind.TestsFailed, "PYTEST_FAILED", $"pytest reported a failure although no test failed, as a coverage limit would.{NotRun(counts)}{hidden}")
            : null;
    }

    private static PytestVerdict Success(PytestCounts counts, PytestEnd end)
    {
        if (counts.Finished < counts.Total)
        {
            return Trouble("TESTS_MISSING", $"pytest ended as if all were well, but {counts.Total - counts.Finished} of {Plural(counts.Total, "test")} came to no result.");
        }

        string skipped = counts.Skipped > 0 ? $" ({counts.Skipped} skipped)" : "";
        return end.Code == 0
            ? new(PytestVerdictKind.Passed, "PASSED", $"{Plural(counts.Total, "test")} ran and none failed{skipped}.")
            : Trouble("COMMAND_FAILED", $"{Plural(counts.Total, "test")} ran and none failed{skipped}, but the command that ran pytest ended with {end}.");
    }

    private static string NotStarted(PytestEnd end) => end.Code switch
    {
        127 => "The test command or its interpreter was not found (exit code 127).",
        126 => "The test command or its interpreter may not be executed (exit code 126).",
        1 => "pytest never began (exit code 1): it is not installed for this interpreter, or a plugin that it was told to load is missing.",
        4 => "pytest refused its options or could not load a conftest.py (exit code 4).",
        0 => "The test command ended with exit code 0 and pytest never began in it.",
        _ => $"The test command ended with {end} and pytest never began in it.",
    };

    private static string Progress(PytestSession session, PytestCounts counts)
    {
        string done = session.Processes.Any(process => process.Collected is not null)
            ? $"after {counts.Finished} of {Plural(counts.Total, "test")}"
            : "before the tests were collected";
        string[] running = [.. session.Running.Select(test => test.Id).Take(4)];
        return running.Length == 0 ? done : $"{done}, while {string.Join(", ", running[..Math.Min(3, running.Length)])}{(running.Length > 3 ? " and others" : "")} ran";
    }

    private static bool StoppedEarly(PytestProcess process) => process.Interrupted is not null && process.Finished!.ExitStatus == 1;

    private static string Cause(PytestProcess process) => process.Interrupted is null
        ? "it does not say why."
        : FirstLine(process.Interrupted.Message) is { Length: > 0 } message ? message : process.Interrupted.Kind;

    private static string NotRun(PytestCounts counts) =>
        counts.Interrupted + counts.NotRun is > 0 and var left ? $" {Plural(left, "test")} did not run to the end." : "";

    private static string Missing(PytestSession session) =>
        session.Processes.Select(process => process.Collected?.Selection).FirstOrDefault(each => each?.Missing > 0) is { } select
            ? $" {select.Missing} of {Plural(select.Wanted, "selected test")} do not exist any more, such as {select.MissingIds[0]}."
            : "";

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static string FirstLine(string? text) => text?.AsSpan().Trim().ToString().Split('\n')[0].TrimEnd() ?? "";

    private static PytestVerdict Trouble(string code, string reason) => new(PytestVerdictKind.InfrastructureError, code, reason);
}
