namespace Orbit.ControlPlane.Runs;

/// <summary>Where a run stands. The arrows between states are in <see cref="RunLifecycle"/>; docs/run-lifecycle.md tells the story.</summary>
public enum RunStatus
{
    /// <summary>Queued, offered, or accepted without a step begun.</summary>
    Pending,

    /// <summary>The package is on its way.</summary>
    Downloading,

    /// <summary>The package is on the host, unpacked and checked.</summary>
    Downloaded,

    /// <summary>Between stopping the old version and the new one being healthy, and while rolling back.</summary>
    Deploying,

    /// <summary>The tests run.</summary>
    Testing,

    /// <summary>The agent is done; results and logs come in, the report is built.</summary>
    Reporting,

    /// <summary>Terminal: Orbit did its job.</summary>
    Completed,

    /// <summary>Terminal: Orbit could not do its job.</summary>
    Failed,

    /// <summary>Terminal: a person or a newer run ended it.</summary>
    Cancelled,
}

/// <summary>What came of a run or an attempt.</summary>
public enum Verdict
{
    /// <summary>All tests passed, or none was asked for and deployment and health succeeded.</summary>
    Passed,

    /// <summary>At least one test failed or broke.</summary>
    TestsFailed,

    /// <summary>Tests were asked for and none was found.</summary>
    NoTests,

    /// <summary>A step other than the tests failed, or the tests could not be run.</summary>
    InfrastructureError,

    /// <summary>A time limit ended it.</summary>
    TimedOut,

    /// <summary>The tests were ended by somebody else's signal.</summary>
    Interrupted,

    /// <summary>Cancelled by a person or a newer run.</summary>
    Cancelled,

    /// <summary>Nobody can know.</summary>
    Unknown,
}

/// <summary>Why a run went wrong, by which step failed and how.</summary>
public enum FailureClass
{
    /// <summary>Download, listing, checksum, extraction.</summary>
    Package,

    /// <summary>The host or the agent.</summary>
    Infrastructure,

    /// <summary>Stop, backup, replace or rollback.</summary>
    Deploy,

    /// <summary>Start or health.</summary>
    Start,

    /// <summary>The tests.</summary>
    Test,

    /// <summary>A time limit.</summary>
    Timeout,

    /// <summary>A person or a newer run.</summary>
    Cancelled,

    /// <summary>A defect of Orbit.</summary>
    Orbit,
}

/// <summary>Where a step stands.</summary>
public enum StepStatus
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Begun, not ended.</summary>
    Running,

    /// <summary>Ended well.</summary>
    Succeeded,

    /// <summary>Ended badly.</summary>
    Failed,

    /// <summary>Not needed or never reached.</summary>
    Skipped,

    /// <summary>Ended by cancel.</summary>
    Cancelled,

    /// <summary>Nobody can know whether it finished.</summary>
    Unknown,
}

/// <summary>How one test went.</summary>
public enum TestOutcome
{
    /// <summary>Collected, not started or not ended yet.</summary>
    Pending,

    /// <summary>Passed.</summary>
    Passed,

    /// <summary>An assertion did not hold.</summary>
    Failed,

    /// <summary>It could not be run properly.</summary>
    Broken,

    /// <summary>Skipped.</summary>
    Skipped,

    /// <summary>It had started when the tests were killed.</summary>
    Interrupted,

    /// <summary>Never reached.</summary>
    NotRun,

    /// <summary>The result could not be read.</summary>
    Unknown,
}
