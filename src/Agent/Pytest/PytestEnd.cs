namespace Orbit.Agent.Pytest;

/// <summary>Whether the agent itself ended the tests.</summary>
internal enum PytestStop
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>A person or a newer run cancelled them.</summary>
    Cancelled,

    /// <summary>Their time was up.</summary>
    TimedOut,
}

/// <summary>How the command that runs the tests ended: by itself with a code, or by a signal.</summary>
/// <param name="Code">What its shell would say: an exit code, or 128 and the signal's number.</param>
/// <param name="Signal">The signal that ended it, where that is known; null otherwise.</param>
/// <param name="Stop">Whether the agent asked for it.</param>
internal sealed record PytestEnd(int Code, int? Signal = null, PytestStop Stop = PytestStop.None)
{
    private static readonly Dictionary<int, (string Name, bool OwnFault)> Signals = new()
    {
        [1] = ("SIGHUP", false),
        [2] = ("SIGINT", false),
        [3] = ("SIGQUIT", false),
        [4] = ("SIGILL", true),
        [5] = ("SIGTRAP", true),
        [6] = ("SIGABRT", true),
        [7] = ("SIGBUS", true),
        [8] = ("SIGFPE", true),
        [9] = ("SIGKILL", false),
        [10] = ("SIGUSR1", false),
        [11] = ("SIGSEGV", true),
        [12] = ("SIGUSR2", false),
        [13] = ("SIGPIPE", true),
        [14] = ("SIGALRM", true),
        [15] = ("SIGTERM", false),
        [24] = ("SIGXCPU", true),
        [25] = ("SIGXFSZ", true),
        [31] = ("SIGSYS", true),
    };

    /// <summary>An end by a signal.</summary>
    public static PytestEnd By(int signal) => new(128 + signal, signal);

    /// <summary>The signal that ended the command or, going by a shell's code, what ran in it; null when none did.</summary>
    public int? EndedBy => Signal ?? (Code is > 128 and < 128 + 65 ? Code - 128 : null);

    /// <summary>Whether that signal came from somebody else, rather than from a crash or a limit that was run into.</summary>
    public bool BySomebody => EndedBy is { } signal && Signals.TryGetValue(signal, out (string, bool OwnFault) known) && !known.OwnFault;

    /// <summary>"exit code 4" or "SIGKILL".</summary>
    public override string ToString() => EndedBy switch
    {
        { } signal when Signals.TryGetValue(signal, out (string Name, bool) known) => known.Name,
        { } signal when Signal is not null => $"signal {signal}",
        _ => $"exit code {Code}",
    };
}
