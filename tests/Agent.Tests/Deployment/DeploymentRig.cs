using Orbit.Agent.Deployment;
using Orbit.Agent.Files;

namespace Orbit.Agent.Tests.Deployment;

/// <summary>An installed service and an unpacked package in a directory of one test.</summary>
internal sealed class DeploymentRig : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly string? _ownParent;

    public DeploymentRig(string? parent = null)
    {
        Parent = parent ?? _files.Root;
        Directory.CreateDirectory(PackageRoot);
    }

    private DeploymentRig(DirectoryInfo memory)
        : this(memory.FullName) => _ownParent = memory.FullName;

    /// <summary>In memory where there is such a place: a sweep over all crash points writes out hundreds of times.</summary>
    public static DeploymentRig InMemory()
    {
        const string Memory = "/dev/shm";
        return Directory.Exists(Memory) ? new(Directory.CreateDirectory($"{Memory}/orbit-{Guid.NewGuid():N}")) : new();
    }

    public string Parent { get; }

    public string InstallDir => Path.Combine(Parent, "shop");

    public string PackageRoot => Path.Combine(Parent, "package");

    public string InstalledFile(string relative) => Path.Combine(InstallDir, relative);

    public string Installed(string relative) => File.ReadAllText(InstalledFile(relative));

    public void Install(string relative, string content, int mode = 0b110_100_100) => Write(InstallDir, relative, content, mode);

    public void Pack(string relative, string content, int mode = 0b110_100_100) => Write(PackageRoot, relative, content, mode);

    public ReplacePlan Plan(DeploymentSettings settings) =>
        ReplacePlanner.Plan(settings, PackageRoot, "run-7", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public DeploymentSettings Settings(DeployStrategy strategy, params string[] preserve) =>
        new() { Strategy = strategy, InstallDir = InstallDir, Preserve = preserve, Configs = ["conf/*", "conf/**"] };

    /// <summary>The install directory as it is; an empty manifest when there is none.</summary>
    public TreeManifest Snapshot()
    {
        if (!Directory.Exists(InstallDir))
        {
            return new([]);
        }

        using TreeRoot tree = TreeRoot.Open(InstallDir);
        return TreeManifest.Capture(tree);
    }

    /// <summary>Nothing temporary may stay: not beside the install directory, not in it.</summary>
    public void RequireTidy()
    {
        string[] allowed = ["package", "shop", "shop.orbit-backups", "data"];
        Assert.Empty(Directory.EnumerateFileSystemEntries(Parent).Select(p => Path.GetFileName(p)).Except(allowed));
        Assert.DoesNotContain(Snapshot().Entries, e => e.Path.Contains(".orbit-", StringComparison.Ordinal));
    }

    public static void RequireSame(TreeManifest expected, TreeManifest actual, string when)
    {
        IReadOnlyList<ManifestDifference> differences = expected.Compare(actual);
        Assert.True(differences.Count == 0, $"{when}: {string.Join("; ", differences)}");
    }

    public void Dispose()
    {
        _files.Dispose();
        if (_ownParent is not null)
        {
            Directory.Delete(_ownParent, recursive: true);
        }
    }

    private static void Write(string root, string relative, string content, int mode)
    {
        string path = Path.Combine(root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, (UnixFileMode)mode);
    }
}

/// <summary>Stops the work before its n-th change, as a killed process would.</summary>
internal sealed class CrashAt(int number)
{
    public int Seen { get; private set; }

    public void Step(string what)
    {
        if (Seen++ == number)
        {
            throw new CrashException(what);
        }
    }
}

internal sealed class CrashException(string what) : Exception(what);
