using Microsoft.Extensions.Logging;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Policy;

/// <summary>
/// What this host allows, whatever a plan says: directories, commands, the user of steps. Set by whoever installs the agent; nothing that
/// arrives over the network can widen it.
/// </summary>
internal sealed class HostPolicy
{
    /// <summary>Pytest on what lies below a root is as good as a script there, so it is allowed without a policy file.</summary>
    private static readonly CommandPattern[] DefaultCommands =
        [CommandPattern.Parse("/usr/bin/python3* -m pytest **")!, CommandPattern.Parse("/usr/local/bin/python3* -m pytest **")!];

    private readonly string _dataDirectory;
    private readonly string _source;

    private HostPolicy(string dataDirectory, PolicyFileContent content, IEnumerable<string> allowed, string source)
    {
        _dataDirectory = RealPath.Of(Path.GetFullPath(dataDirectory))!;
        _source = source;
        WorkDirectory = Path.Combine(_dataDirectory, "work");
        Host = content.Host;
        Roots = [WorkDirectory, .. content.Roots, .. allowed];
        PostmanScript = content.PostmanScript;
        Commands = [.. content.Commands ?? DefaultCommands, .. PostmanScript is { } program ? [CommandPattern.Parse(program)!] : Array.Empty<CommandPattern>()];
        MaxLogBytes = content.MaxLogBytes ?? StepOutput.DefaultLimitBytes;
        Slots = content.Slots ?? 1;
        ApiSlots = content.ApiSlots ?? 4;
        AgentUser = HostUsers.Own();
        RunAs = Resolve(content.RunAs, AgentUser);
    }

    /// <summary>Host name for locks, where the file names one; otherwise the agent's own name counts.</summary>
    public string? Host { get; }

    /// <summary>The part of the agent's data directory that plans may use; the rest holds its key and journal.</summary>
    public string WorkDirectory { get; }

    /// <summary>Directories that plans may touch, <see cref="WorkDirectory"/> included.</summary>
    public IReadOnlyList<string> Roots { get; }

    /// <summary>Programs that may run besides files below the roots.</summary>
    public IReadOnlyList<CommandPattern> Commands { get; }

    /// <summary>The program that runs scripts of Postman; null: they are not run.</summary>
    public string? PostmanScript { get; }

    /// <summary>The user that steps run as; null when that is the agent's own.</summary>
    public StepUser? RunAs { get; }

    /// <summary>The user that the agent runs as.</summary>
    public StepUser AgentUser { get; }

    /// <summary>The user that steps end up as.</summary>
    public StepUser StepUser => RunAs ?? AgentUser;

    /// <summary>Bytes of output kept of one step.</summary>
    public long MaxLogBytes { get; }

    /// <summary>Deploy tests at a time.</summary>
    public int Slots { get; }

    /// <summary>API tests at a time.</summary>
    public int ApiSlots { get; }

    /// <summary>The policy of a file, and what the command line allows beside it.</summary>
    /// <exception cref="PolicyRefusal">The file is unsafe or invalid, or its user cannot be used.</exception>
    public static HostPolicy Load(string path, string dataDirectory, IReadOnlyList<string> allowed) =>
        new(dataDirectory, PolicyFile.Read(path), Checked(allowed), $"roots or commands of {path}");

    /// <summary>Without a policy file: the work directory and what the command line allows.</summary>
    public static HostPolicy Default(string dataDirectory, IReadOnlyList<string> allowed) =>
        new(dataDirectory, new PolicyFileContent(), Checked(allowed), "--allow or a policy file");

    /// <summary>Says at the start of the agent what is in force.</summary>
    public void Announce(ILogger logger, string agentName)
    {
        logger.PolicyInForce(Host ?? agentName, string.Join(", ", Roots), Commands.Count, StepUser.Name);
        if (RunAs is null)
        {
            logger.StepsShareTheAgentsUser(AgentUser.Name, _dataDirectory);
        }
    }

    /// <summary>
    /// Refuses a path that a plan must not touch, and returns it with all links followed. Call it right before use and use the result:
    /// somebody who may write below a root can change links there at any time.
    /// </summary>
    /// <param name="path">Absolute; need not exist.</param>
    /// <param name="what">What the caller calls it, such as <c>install_dir</c>.</param>
    public string RequirePath(string path, string what)
    {
        string? real = RealPath.Of(path);
        if (real is null)
        {
            throw new PolicyRefusal(PolicyRefusal.PathNotAllowed, $"{what} '{path}' must be an absolute path without '..'.");
        }

        if (real == "/")
        {
            throw new PolicyRefusal(PolicyRefusal.PathNotAllowed, $"{what} '{path}' is the root of the file system.");
        }

        string shown = real == path ? path : $"{path} (really {real})";
        if ((RealPath.IsWithin(real, _dataDirectory) && !RealPath.IsWithin(real, WorkDirectory)) || RealPath.IsWithin(_dataDirectory, real))
        {
            throw new PolicyRefusal(PolicyRefusal.PathNotAllowed, $"{what} {shown} holds or is the agent's own data directory.");
        }

        return IsUnderRoot(real)
            ? real
            : throw new PolicyRefusal(PolicyRefusal.PathNotAllowed, $"{what} {shown} is not below a directory that this host allows ({string.Join(", ", Roots)}). Whoever runs the agent can add it: {_source}.");
    }

    /// <summary>Refuses a command that this host does not allow, and returns the full path of its program, links not followed.</summary>
    /// <param name="arguments">Program first: a full path, a path relative to <paramref name="workingDirectory"/> when it has a slash, or a bare name.</param>
    /// <param name="workingDirectory">Absolute; itself checked by <see cref="RequirePath"/>.</param>
    public string RequireCommand(IReadOnlyList<string> arguments, string workingDirectory)
    {
        if (arguments.Count == 0 || arguments[0].Length == 0)
        {
            throw new PolicyRefusal(PolicyRefusal.CommandNotAllowed, "The command is empty.");
        }

        string named = arguments[0].Contains('/', StringComparison.Ordinal)
            ? Path.GetFullPath(arguments[0], workingDirectory)
            : StepEnvironment.FindProgram(arguments[0])
                ?? throw new PolicyRefusal(PolicyRefusal.CommandNotAllowed, $"There is no program '{arguments[0]}' in {StepEnvironment.SafePath}.");
        string[] rest = [.. arguments.Skip(1)];
        string? real = RealPath.Of(named);
        // A link below a root says nothing: whoever may write there chose its name. Elsewhere links are the system's own (python3).
        bool allowed = real is not null
            && (IsAllowedFile(real)
                || Commands.Any(pattern => pattern.Allows(real, rest))
                || (!IsUnderRoot(named) && Commands.Any(pattern => pattern.Allows(named, rest))));
        return allowed
            ? named
            : throw new PolicyRefusal(PolicyRefusal.CommandNotAllowed, $"The command '{string.Join(' ', arguments)}' ({real ?? named}) is neither a file below a directory that this host allows nor matched by one of its {Commands.Count} command patterns. Whoever runs the agent can add it: {_source}.");
    }

    private static IReadOnlyList<string> Checked(IReadOnlyList<string> allowed) =>
        [.. allowed.Select(path => RealPath.Of(Path.GetFullPath(path)) is string real && real != "/"
            ? Path.GetFullPath(path)
            : throw new PolicyRefusal(PolicyRefusal.PathNotAllowed, $"--allow {path}: name a directory, and not the root of the file system."))];

    internal static StepUser? Resolve(string? name, StepUser agent)
    {
        if (name is null || name == agent.Name)
        {
            return null;
        }

        StepUser user = HostUsers.Find(name) ?? throw new PolicyRefusal(PolicyRefusal.UserUnknown, $"run_as names the user '{name}', whom this host does not know.");
        return agent.Uid == 0 || user.Uid == agent.Uid
            ? user
            : throw new PolicyRefusal(PolicyRefusal.RunAsNeedsRoot, $"run_as names the user '{name}', but the agent runs as {agent.Name}; only an agent that runs as root can run steps as somebody else.");
    }

    private bool IsAllowedFile(string real) => IsUnderRoot(real) && (!RealPath.IsWithin(real, _dataDirectory) || RealPath.IsWithin(real, WorkDirectory));

    private bool IsUnderRoot(string real) => Roots.Any(root => RealPath.Of(root) is string realRoot && RealPath.IsWithin(real, realRoot));
}
