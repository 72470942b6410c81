namespace Orbit.Agent.Pytest;

/// <summary>
/// One thing that the pytest plugin told, or that the reader found about the file it told it in. docs/pytest-events.md
/// describes each field.
/// </summary>
internal abstract record PytestEvent
{
    /// <summary>Which pytest process told it; a command may run several, one after the other or side by side. Empty for what the reader found.</summary>
    public string Session { get; init; } = "";

    /// <summary>1, 2, 3 … within a session. A number seen before is a repeated line, a missing one a lost line. 0 for what the reader found.</summary>
    public long Sequence { get; init; }

    /// <summary>The wall clock of the host that ran the tests.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>That host's steady clock: only differences mean something.</summary>
    public TimeSpan Steady { get; init; }
}

/// <summary>pytest has read its options and begins. <see cref="ResultsDirectory"/> is where Allure results go, null for nowhere.</summary>
internal sealed record PytestSessionStarted(
    int Pid, int ProcessGroup, string Python, string Pytest, string RootDirectory, int Workers, string AllureWriter, string? ResultsDirectory)
    : PytestEvent;

/// <summary>A file, class or package that could not be collected.</summary>
internal sealed record PytestCollectionError(string Id, string Message, string Trace) : PytestEvent;

/// <summary>A part of the list of collected tests, in the order in which they will run.</summary>
internal sealed record PytestIdsCollected(int First, IReadOnlyList<string> Ids) : PytestEvent;

/// <summary>Collection is over. <see cref="Total"/> counts the tests that will run, so without the deselected ones.</summary>
internal sealed record PytestCollected(int Total, int Errors, int Deselected, PytestSelection? Selection) : PytestEvent;

/// <summary>What became of a selection by node id: of <see cref="Wanted"/> ids, <see cref="Missing"/> were not found; at most 20 of those are named.</summary>
internal sealed record PytestSelection(int Wanted, int Missing, IReadOnlyList<string> MissingIds);

/// <summary>A test began. <see cref="Line"/> counts from 1.</summary>
internal sealed record PytestTestStarted(string Id, string File, int Line) : PytestEvent;

/// <summary>One try of a test ended.</summary>
internal sealed record PytestTestFinished(string Id, PytestOutcome Outcome, PytestStatus Status, string Phase, TimeSpan Duration) : PytestEvent
{
    /// <summary>xdist's worker, null without xdist.</summary>
    public string? Worker { get; init; }

    /// <summary>The exception in its own words, at most 64 KiB; null when it passed.</summary>
    public string? Message { get; init; }

    /// <summary>pytest's long form of the failure, at most 64 KiB.</summary>
    public string? Trace { get; init; }

    /// <summary>Captured standard output, at most 64 KiB; null when there was none.</summary>
    public string? Stdout { get; init; }

    /// <summary>Captured standard error, likewise.</summary>
    public string? Stderr { get; init; }

    /// <summary>Captured log records, likewise.</summary>
    public string? Log { get; init; }

    /// <summary>Name of the Allure result that the plugin wrote; null when it wrote none.</summary>
    public string? ResultFile { get; init; }
}

/// <summary>Ctrl-C, <c>pytest.exit</c>, or pytest's own decision to stop, such as after collection errors.</summary>
internal sealed record PytestInterrupted(string Kind, string Message, int? ReturnCode) : PytestEvent;

/// <summary>pytest or one of its plugins failed, rather than a test.</summary>
internal sealed record PytestInternalError(string Message, string Trace) : PytestEvent;

/// <summary>A process of xdist died.</summary>
internal sealed record PytestWorkerLost(string Worker, string Message) : PytestEvent;

/// <summary>Orbit's plugin made a mistake or could not do its work; the tests did not feel it.</summary>
internal sealed record PytestPluginError(string Where, string Message) : PytestEvent;

/// <summary>pytest has ended in an orderly way and will exit with <see cref="ExitStatus"/>.</summary>
internal sealed record PytestSessionFinished(int ExitStatus, TimeSpan Duration) : PytestEvent;

/// <summary>Bytes of the file that are no event: <see cref="Length"/> of them from <see cref="Offset"/> on.</summary>
internal sealed record PytestUnreadable(long Offset, long Length, string Why) : PytestEvent;

/// <summary>pytest's own word for how a try ended.</summary>
internal enum PytestOutcome
{
    /// <summary>It passed.</summary>
    Passed,

    /// <summary>The test itself failed.</summary>
    Failed,

    /// <summary>Set-up or tear-down failed.</summary>
    Error,

    /// <summary>It was skipped.</summary>
    Skipped,

    /// <summary>It failed, as expected.</summary>
    XFailed,

    /// <summary>It passed although a failure was expected, and that is allowed.</summary>
    XPassed,

    /// <summary>It failed and will be tried again.</summary>
    Rerun,

    /// <summary>The process that ran it died.</summary>
    Crash,
}

/// <summary>How a test is shown and counted. Among several reports of one try the later in this list wins.</summary>
internal enum PytestStatus
{
    /// <summary>Passed, unexpected passes included.</summary>
    Passed,

    /// <summary>Skipped, expected failures included.</summary>
    Skipped,

    /// <summary>An error in set-up or tear-down, or any exception but a failed assertion.</summary>
    Broken,

    /// <summary>An assertion did not hold.</summary>
    Failed,
}
