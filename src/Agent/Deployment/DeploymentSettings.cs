using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>How a service's files are exchanged.</summary>
internal enum DeployStrategy
{
    /// <summary>Binaries and configuration are replaced one by one, the rest of the directory is left alone.</summary>
    CService,

    /// <summary>The package's content becomes the install directory.</summary>
    OpenRestyFull,

    /// <summary>Only what the package holds is replaced.</summary>
    OpenRestyUpdate,
}

/// <summary>What the parameter set says about files. Patterns are relative to the package's and the install directory alike.</summary>
internal sealed record DeploymentSettings
{
    public required DeployStrategy Strategy { get; init; }

    /// <summary>Absolute, already found acceptable by <see cref="InstallDirRule"/>.</summary>
    public required string InstallDir { get; init; }

    /// <summary><c>c-service</c>: files that get the executable bit; <c>bin/*</c> unless set.</summary>
    public IReadOnlyList<string> Binaries { get; init; } = ["bin/*"];

    /// <summary>Configuration: copied last, and subject to <see cref="ConfigFromInstalled"/>. <c>conf/*</c> unless set.</summary>
    public IReadOnlyList<string> Configs { get; init; } = ["conf/*"];

    /// <summary>Never taken from the package where a version is installed.</summary>
    public IReadOnlyList<string> Preserve { get; init; } = [];

    /// <summary>True: where both versions have a configuration file, the installed one stays.</summary>
    public bool ConfigFromInstalled { get; init; }
}

/// <summary>Several patterns of which one must match.</summary>
internal sealed class GlobSet(IEnumerable<string> patterns)
{
    private readonly Glob[] _globs = [.. patterns.Select(Parse)];

    public bool Matches(string path) => Array.Exists(_globs, g => g.IsMatch(path));

    /// <summary>True when the path or a directory above it matches: who names a directory means what lies in it.</summary>
    public bool Covers(string path)
    {
        for (string at = path; at.Length > 0; at = at.LastIndexOf('/') is var slash and > 0 ? at[..slash] : "")
        {
            if (Matches(at))
            {
                return true;
            }
        }

        return false;
    }

    private static Glob Parse(string pattern)
    {
        try
        {
            return Glob.Parse(pattern);
        }
        catch (FormatException bad)
        {
            throw new DeploymentRefusal(DeploymentRefusal.PatternInvalid, bad.Message, bad);
        }
    }
}
