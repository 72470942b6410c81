namespace Orbit.Agent.Policy;

/// <summary>This host does not allow what was asked. <see cref="Reason"/> is stable; the message says what is allowed and who can change it.</summary>
internal sealed class PolicyRefusal(string reason, string message) : Exception(message)
{
    /// <summary>The path is outside of the allowed directories, or inside the agent's own.</summary>
    public const string PathNotAllowed = "POLICY_PATH_NOT_ALLOWED";

    /// <summary>The command is neither a file below an allowed directory nor matched by a pattern.</summary>
    public const string CommandNotAllowed = "POLICY_COMMAND_NOT_ALLOWED";

    /// <summary>The variable could make a program run something else than what was allowed.</summary>
    public const string VariableNotAllowed = "POLICY_VARIABLE_NOT_ALLOWED";

    /// <summary>Somebody else than root and the agent's user could change the policy file.</summary>
    public const string FileUnsafe = "POLICY_FILE_UNSAFE";

    /// <summary>The policy file cannot be read or says something that has no meaning.</summary>
    public const string FileInvalid = "POLICY_FILE_INVALID";

    /// <summary>The user that steps are to run as does not exist.</summary>
    public const string UserUnknown = "POLICY_USER_UNKNOWN";

    /// <summary>Only root can run steps as somebody else.</summary>
    public const string RunAsNeedsRoot = "POLICY_RUN_AS_NEEDS_ROOT";

    /// <summary>A machine-readable code, one of the constants of this type.</summary>
    public string Reason { get; } = reason;
}
