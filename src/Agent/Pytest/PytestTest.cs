namespace Orbit.Agent.Pytest;

/// <summary>Where a test stands.</summary>
internal enum PytestProgress
{
    /// <summary>Collected, not begun.</summary>
    Waiting,

    /// <summary>Begun, not ended; also between two tries.</summary>
    Running,

    /// <summary>Ended; <see cref="PytestTest.Status"/> says how.</summary>
    Finished,
}

/// <summary>One test by its node id, as its last try left it.</summary>
internal sealed class PytestTest(string id)
{
    /// <summary>pytest's node id.</summary>
    public string Id { get; } = id;

    /// <summary>Where it stands.</summary>
    public PytestProgress Progress { get; private set; }

    /// <summary>Tries so far, the running one included; 0 while it waits.</summary>
    public int Attempts { get; private set; }

    /// <summary>When its last try began; null while it waits.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>The report that stands for the last try; null until it has ended.</summary>
    public PytestTestFinished? Result { get; private set; }

    /// <summary>How it ended; null while it has not.</summary>
    public PytestStatus? Status => Result?.Status;

    internal void Start(DateTimeOffset at)
    {
        if (Progress is not PytestProgress.Running)
        {
            Begin(at);
        }
    }

    /// <summary>A try that will be repeated leaves the test running; a second report of one try counts only if it is worse.</summary>
    internal void Finish(PytestTestFinished report)
    {
        if (Progress is PytestProgress.Waiting)
        {
            // Its beginning was lost. A wild clock of the host must not lead out of the calendar.
            TimeSpan sinceEpoch = report.Time - DateTimeOffset.UnixEpoch;
            Begin(report.Duration > TimeSpan.Zero && report.Duration < sinceEpoch ? report.Time - report.Duration : report.Time);
        }

        if (report.Outcome is PytestOutcome.Rerun)
        {
            Begin(report.Time);
        }
        else if (Result is null || report.Status > Result.Status)
        {
            (Result, Progress) = (report, PytestProgress.Finished);
        }
    }

    private void Begin(DateTimeOffset at) =>
        (Progress, Attempts, StartedAt, Result) = (PytestProgress.Running, Attempts + 1, at, null);
}
