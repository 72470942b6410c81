using Orbit.ApiTesting.Checks;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Running;

/// <summary>What came of a step or a row.</summary>
public enum Outcome
{
    /// <summary>Every check held.</summary>
    Passed,

    /// <summary>A check did not hold, or nothing came back.</summary>
    Failed,

    /// <summary>It was not done; the reason says why.</summary>
    Skipped,

    /// <summary>It was done and nothing was asked of the answer: neither passed nor failed.</summary>
    Unchecked,
}

/// <summary>One attempt of one step: what was sent, what came back, what was found. Attempts are never overwritten.</summary>
public sealed record StepRecord
{
    /// <summary>Path of the step, e.g. <c>buy/login</c>; <c>#2</c> marks the second turn of a loop.</summary>
    public required string Step { get; init; }

    /// <summary>The case; empty for a step that never got to one.</summary>
    public string Case { get; init; } = "";

    /// <summary>From 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>True when another attempt followed: this one does not count for the row.</summary>
    public bool Superseded { get; init; }

    /// <summary>What came of it.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Class of the failure: <c>connect dns tls timeout forbidden protocol body stopped status assertion extraction variable request command loop script</c>; empty when there is none.</summary>
    public string FailureClass { get; init; } = "";

    /// <summary>Why it failed or was skipped, in one line.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Wall clock at its beginning.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>With everything around it, in milliseconds.</summary>
    public double Milliseconds { get; init; }

    /// <summary>The exchange; null when nothing was sent.</summary>
    public Exchange? Exchange { get; init; }

    /// <summary>The program that ran; null when none did.</summary>
    public CommandEnd? Command { get; init; }

    /// <summary>Every check.</summary>
    public IReadOnlyList<CheckResult> Checks { get; init; } = [];

    /// <summary>What was extracted; secrets masked.</summary>
    public IReadOnlyList<KeyValuePair<string, Value>> Extracted { get; init; } = [];
}

/// <summary>All of one row.</summary>
public sealed record RowResult
{
    /// <summary>The row's number.</summary>
    public required long Row { get; init; }

    /// <summary>What people call it.</summary>
    public string Name { get; init; } = "";

    /// <summary>What came of it.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>First failure in one line; or why it was skipped.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Class of the first failure.</summary>
    public string FailureClass { get; init; } = "";

    /// <summary>Every attempt of every step, in order.</summary>
    public IReadOnlyList<StepRecord> Steps { get; init; } = [];

    /// <summary>The row's values, secrets masked.</summary>
    public IReadOnlyDictionary<string, Value> Values { get; init; } = new Dictionary<string, Value>();

    /// <summary>What its records must not show.</summary>
    public required Variables.Secrets Masked { get; init; }

    /// <summary>Wall clock at its beginning.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Duration in milliseconds.</summary>
    public double Milliseconds { get; init; }
}

/// <summary>How a program ended.</summary>
/// <param name="Arguments">As run.</param>
/// <param name="ExitCode">Exit code; null when it did not start or was ended.</param>
/// <param name="Output">What it printed, up to the limit.</param>
/// <param name="Error">Why it did not end by itself; empty when it did.</param>
/// <param name="Milliseconds">Duration.</param>
public sealed record CommandEnd(IReadOnlyList<string> Arguments, int? ExitCode, byte[] Output, string Error, double Milliseconds)
{
    /// <summary>Bytes of output that are kept; more of it is counted and not seen.</summary>
    public const int MostOutput = 4 * 1024 * 1024;

    /// <summary>Bytes of standard error that are kept.</summary>
    public const int MostErrors = 64 * 1024;

    /// <summary>What it printed on standard error, up to the limit.</summary>
    public byte[] Errors { get; init; } = [];

    /// <summary>Bytes it printed in all.</summary>
    public long Size { get; init; } = Output.Length;

    /// <summary>Class of <see cref="Error"/>: <c>command</c>, or <c>timeout</c> when its time was over.</summary>
    public string ErrorClass { get; init; } = "command";
}

/// <summary>A program to run.</summary>
/// <param name="Arguments">The program first.</param>
/// <param name="Environment">Variables beside those that the host gives.</param>
/// <param name="Directory">Where it runs; null: where the host says.</param>
/// <param name="Limit">How long it may run; it is ended after that.</param>
public sealed record CommandStart(IReadOnlyList<string> Arguments, IReadOnlyList<KeyValuePair<string, string>> Environment, string? Directory, TimeSpan Limit)
{
    /// <summary>What it reads from its standard input.</summary>
    public byte[] Input { get; init; } = [];
}

/// <summary>Runs programs for command cases and scripts: the agent under its policy, the command line only when it is told to.</summary>
public interface ICommandRunner
{
    /// <summary>Runs a program to its end or its limit. Never throws for what the program did.</summary>
    Task<CommandEnd> RunAsync(CommandStart start, CancellationToken ct);
}
