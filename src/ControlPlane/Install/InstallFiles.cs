using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Install;

/// <summary>The agent packages that hosts fetch. Looked up anew each time, so that a new one is served without a restart.</summary>
internal sealed partial class InstallFiles(IOptions<InstallOptions> options)
{
    /// <summary>Where operators put them, for messages.</summary>
    public string Directory => Path.Combine(Places().First(), "agent");

    /// <summary>Path of a package or of its checksum; null when there is none, or the name is none of a package.</summary>
    public string? Find(string name) =>
        PackageName().IsMatch(name) ? Places().Select(place => Path.Combine(place, "agent", name)).FirstOrDefault(File.Exists) : null;

    private IEnumerable<string> Places()
    {
        if (options.Value.Directory.Length > 0)
        {
            yield return Path.GetFullPath(options.Value.Directory);
            yield break;
        }

        yield return Path.Combine(AppContext.BaseDirectory, "install");
        for (string? above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
        {
            yield return Path.Combine(above, "deploy", ".packages", "install");
        }
    }

    [GeneratedRegex(@"^linux-(x64|arm64)\.tar\.gz(\.sha256)?\z")]
    private static partial Regex PackageName();
}
