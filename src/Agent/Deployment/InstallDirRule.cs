namespace Orbit.Agent.Deployment;

/// <summary>Which directories can be install directories at all. The host's own policy narrows them further.</summary>
internal static class InstallDirRule
{
    private static readonly string[] SystemDirectories =
    [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin",
        "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/lib",
        "/var/log", "/var/tmp",
    ];

    /// <summary>Says what is wrong with a path as text, without looking at the disk.</summary>
    /// <param name="installDir">As the parameter set has it.</param>
    /// <param name="agentData">The agent's own directory, which nobody deploys into, onto or around.</param>
    /// <returns>None when nothing is wrong.</returns>
    public static DeploymentProblem? Check(string installDir, string agentData)
    {
        if (installDir.Length == 0 || installDir[0] != '/' || installDir.Any(char.IsControl))
        {
            return new("INSTALL_DIR_NOT_ABSOLUTE", $"The install directory '{installDir}' is no absolute path.");
        }

        string[] segments = installDir.Split('/')[1..];
        if (installDir != "/" && segments.Any(s => s is "" or "." or ".."))
        {
            return new("INSTALL_DIR_NOT_NORMAL", $"The install directory '{installDir}' has an empty, '.' or '..' segment, or ends with '/'.");
        }

        if (SystemDirectories.Contains(installDir) || installDir.StartsWith("/proc/", StringComparison.Ordinal)
            || installDir.StartsWith("/sys/", StringComparison.Ordinal) || installDir.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return new("INSTALL_DIR_OF_THE_SYSTEM", $"'{installDir}' belongs to the system and cannot be an install directory.");
        }

        return Contains(installDir, agentData) || Contains(agentData, installDir)
            ? new("INSTALL_DIR_OF_THE_AGENT", $"'{installDir}' holds the agent's own directory, or lies in it.")
            : null;
    }

    private static bool Contains(string outer, string inner) =>
        inner == outer || inner.StartsWith(outer.TrimEnd('/') + "/", StringComparison.Ordinal);
}
