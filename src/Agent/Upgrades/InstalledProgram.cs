using System.Runtime.InteropServices;
using Orbit.Agent.Files;

namespace Orbit.Agent.Upgrades;

/// <summary>
/// Where this program lies, if the install script put it there: a directory of its own that can be exchanged, and something that starts it
/// again when it ends.
/// </summary>
/// <param name="directory">The program's directory.</param>
/// <param name="isKept">Whether something starts it again.</param>
internal sealed class InstalledProgram(string directory, bool isKept)
{
    /// <summary>Name of the program in its directory.</summary>
    public const string Name = "orbit-agent";

    /// <summary>Holds the SHA-256 of the archive that the directory was unpacked from; the install script writes it too.</summary>
    public const string SumFile = ".archive-sha256";

    private const int Writable = 2; // W_OK

    /// <summary>The program's directory.</summary>
    public string Directory { get; } = Path.TrimEndingDirectorySeparator(directory);

    /// <summary>The directory that holds it, where the next one is prepared.</summary>
    public string Parent => Path.GetDirectoryName(Directory)!;

    /// <summary>The running program's.</summary>
    public static InstalledProgram OfThisProcess() => new(AppContext.BaseDirectory, Environment.GetEnvironmentVariable("ORBIT_AGENT_KEPT") is { Length: > 0 });

    /// <summary>System that its packages are for, such as <c>linux-x64</c>; empty: it cannot be exchanged from here.</summary>
    public string System { get; } = isKept && File.Exists(Path.Combine(directory, SumFile)) && File.Exists(Path.Combine(directory, Name))
        && Posix.Access(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(directory))!, Writable) == 0
            ? $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}"
            : "";

    /// <summary>SHA-256 of the archive that it was installed from; empty when nobody wrote that down.</summary>
    public string Package { get; } = File.Exists(Path.Combine(directory, SumFile)) ? SumIn(Path.Combine(directory, SumFile)) : "";

    private static string SumIn(string file) => File.ReadAllText(file).Trim() is { Length: 64 } sum && sum.All(char.IsAsciiHexDigit) ? sum.ToLowerInvariant() : "";
}
