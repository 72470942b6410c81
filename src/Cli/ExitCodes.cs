using Orbit.Contracts.V1;

namespace Orbit.Cli;

/// <summary>What the program tells its caller. docs/cli.md lists the same numbers.</summary>
internal static class ExitCodes
{
    public const int Passed = 0;
    public const int TestsFailed = 1;
    public const int WrongUsage = 2;
    public const int RunFailed = 3;
    public const int CancelledOrTimedOut = 4;
    public const int Unknown = 5;
    public const int NoServer = 6;

    /// <summary>The reader of our output went away, as a shell reports SIGPIPE.</summary>
    public const int ReaderGone = 141;

    /// <summary>Ended by Ctrl-C outside of a watch, as a shell reports SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>The code of a run that has ended.</summary>
    public static int Of(RunStatus status, Verdict verdict) => verdict switch
    {
        Verdict.Passed => Passed,
        Verdict.TestsFailed or Verdict.NoTests => TestsFailed,
        Verdict.InfrastructureError or Verdict.Interrupted => RunFailed,
        Verdict.TimedOut or Verdict.Cancelled => CancelledOrTimedOut,
        Verdict.Unknown => Unknown,
        _ => status switch
        {
            RunStatus.Failed => RunFailed,
            RunStatus.Cancelled => CancelledOrTimedOut,
            _ => Unknown,
        },
    };
}
