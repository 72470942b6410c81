namespace Orbit.Agent.Processes;

/// <summary>A command that a step starts, with everything it may know: nothing is inherited from the agent.</summary>
internal sealed record ProcessSpec
{
    /// <summary>The step; travels to all descendants as <see cref="StepProcess.Marker"/>, which is how escaped ones are found again.</summary>
    public required Guid StepId { get; init; }

    /// <summary>Absolute path, or a name without a slash that is looked up in the PATH of <see cref="Environment"/>.</summary>
    public required string FileName { get; init; }

    /// <summary>Passed as they are; no shell looks at them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Absolute path of an existing directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The whole environment, beside the marker and PWD. Names are shell identifiers.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Absolute path; receives standard output and standard error in the order written, appended to what is there.</summary>
    public required string OutputFile { get; init; }

    /// <summary>Absolute path; must not exist yet, which is what keeps a command from being started twice. Receives the exit code.</summary>
    public required string ExitFile { get; init; }

    /// <summary>Another user to run as; needs root. Null: the agent's own user.</summary>
    public StepUser? RunAs { get; init; }

    /// <summary>What the command and its descendants may use.</summary>
    public ProcessLimits Limits { get; init; } = new();
}

/// <summary>A user of this host, resolved.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Uid">User number.</param>
/// <param name="Gid">Primary group.</param>
/// <param name="Groups">All groups, the primary one included.</param>
/// <param name="Home">Home directory.</param>
internal sealed record StepUser(string Name, uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home);

/// <summary>Limits of a process tree. Core dumps are always off. Null means: as the agent's own.</summary>
internal sealed record ProcessLimits
{
    /// <summary>0 to 19; a higher number gets less processor time than the agent. Lasting services should keep 0.</summary>
    public int Nice { get; init; }

    /// <summary>Open files of each process.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Processes of the user in total, so use it with a user of its own; the kernel does not apply it to root.</summary>
    public int? Processes { get; init; }

    /// <summary>Address space of each process in bytes.</summary>
    public long? AddressSpaceBytes { get; init; }

    /// <summary>Processor time of each process in seconds.</summary>
    public int? CpuSeconds { get; init; }
}
