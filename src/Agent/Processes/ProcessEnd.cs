namespace Orbit.Agent.Processes;

/// <summary>What is known about how a command ended.</summary>
internal enum ProcessOutcome
{
    /// <summary>Nobody recorded it: the supervisor was killed or the host went down. Never to be read as success.</summary>
    Unknown,

    /// <summary>It ended by itself with <see cref="ProcessEnd.ExitCode"/>.</summary>
    Exited,

    /// <summary>A signal ended it.</summary>
    Signalled,

    /// <summary>The command itself was never begun, although its supervisor was.</summary>
    NotStarted,
}

/// <summary>The end of a command.</summary>
/// <param name="Outcome">What is known.</param>
/// <param name="ExitCode">
/// As a shell reports it, null when unknown: 128 + N for signal N, so a program that exits with such a number by itself looks the same.
/// </param>
/// <param name="Detail">For people, where there is more to say.</param>
internal sealed record ProcessEnd(ProcessOutcome Outcome, int? ExitCode, string? Detail = null)
{
    /// <summary>The signal, where one ended the command.</summary>
    public int? Signal => Outcome is ProcessOutcome.Signalled ? ExitCode - 128 : null;

    /// <summary>From the number that a shell reports.</summary>
    public static ProcessEnd FromShell(int code) =>
        new(code is > 128 and <= 128 + 64 ? ProcessOutcome.Signalled : ProcessOutcome.Exited, code);
}

/// <summary>What a kill did.</summary>
/// <param name="End">How the command ended.</param>
/// <param name="Forced">Something had to be killed because the grace was over or it had outlived the command.</param>
/// <param name="Left">Processes that could not be ended; empty means that a last look found none.</param>
internal sealed record KillReport(ProcessEnd End, bool Forced, IReadOnlyList<ProcessIdentity> Left);

/// <summary>The command could not be started. <see cref="Reason"/> is stable; the message names the file and what is wrong with it.</summary>
internal sealed class ProcessStartException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public const string CommandNotFound = "COMMAND_NOT_FOUND";
    public const string CommandNotExecutable = "COMMAND_NOT_EXECUTABLE";
    public const string InterpreterMissing = "COMMAND_INTERPRETER_MISSING";
    public const string DirectoryMissing = "WORKING_DIRECTORY_MISSING";
    public const string InvalidSpec = "COMMAND_INVALID";
    public const string AlreadyStarted = "COMMAND_ALREADY_STARTED";
    public const string RunAsUnavailable = "RUN_AS_UNAVAILABLE";
    public const string StorageFull = "NO_SPACE";
    public const string SpawnFailed = "SPAWN_FAILED";

    /// <summary>A machine-readable code, one of the constants of this type.</summary>
    public string Reason { get; } = reason;
}
