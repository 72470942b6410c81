using Orbit.Agent.Deployment;
using Orbit.Agent.Files;

namespace Orbit.Agent.Plans;

/// <summary>
/// Keeps, below the data directory, what each deployment put on this host file by file, so that what is changed by hand afterwards is found.
/// </summary>
internal sealed class InstalledFiles(string dataDirectory)
{
    private const int Kept = 5;
    private const int Named = 5;

    private string Folder => Path.Combine(dataDirectory, "installed-files");

    /// <summary>Writes down what a deployment has put there.</summary>
    public void Save(string service, long runId, ReplacePlan plan)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        InstalledTree.Capture(plan).Write(PathOf(service, runId));
        foreach (string old in Directory.EnumerateFiles(Folder, $"{Escaped(service)}@*").OrderByDescending(File.GetLastWriteTimeUtc).Skip(Kept))
        {
            File.Delete(old);
        }
    }

    /// <summary>What of a service is not as its deployment left it; empty also when nothing was written down.</summary>
    /// <param name="build">The record of the deployment.</param>
    /// <param name="thorough">False: the content of files whose size and time are the same is not read.</param>
    /// <exception cref="HostRefusal">It cannot be looked at.</exception>
    public IReadOnlyList<ManifestDifference> Changed(InstalledBuild build, bool thorough) =>
        File.Exists(PathOf(build.Service, build.RunId))
            ? InstalledTree.Compare(TreeManifest.Read(PathOf(build.Service, build.RunId)), InstalledBuilds.WorkOf(build).InstallDir, thorough)
            : [];

    /// <summary>Changes in one line for a person.</summary>
    public static string Words(InstalledBuild build, IReadOnlyList<ManifestDifference> changed)
    {
        string version = build.BuildName.Length > 0 ? build.BuildName : $"build {build.BuildId}";
        string rest = changed.Count > Named ? $"; and {changed.Count - Named} more" : "";
        return $"Of {build.Service}, {changed.Count} of what {version} (run {build.RunId}) installed is not as it was: {string.Join("; ", changed.Take(Named))}{rest}.";
    }

    private string PathOf(string service, long runId) => Path.Combine(Folder, $"{Escaped(service)}@{runId}");

    private static string Escaped(string service) => Uri.EscapeDataString(service); // leaves no slash, '@' or '*' in it
}
