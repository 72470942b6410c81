using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>
/// Decides what a replacement does, from the package and the installed version as they lie. It changes nothing. The service
/// must be stopped, for the plan describes what it saw.
/// </summary>
internal sealed class ReplacePlanner
{
    private const int AnyRead = 0b100_100_100;
    private const int Permissions = 0b111_111_111;

    private readonly DeploymentSettings _settings;
    private readonly GlobSet _binaries;
    private readonly GlobSet _configs;
    private readonly GlobSet _preserve;
    private readonly TreeManifest _package;
    private readonly TreeRoot? _installed;

    private ReplacePlanner(DeploymentSettings settings, TreeManifest package, TreeRoot? installed)
    {
        (_settings, _package, _installed) = (settings, package, installed);
        (_binaries, _configs, _preserve) = (new(settings.Binaries), new(settings.Configs), new(settings.Preserve));
    }

    /// <param name="settings">What is asked for.</param>
    /// <param name="packageRoot">The unpacked package.</param>
    /// <param name="runId">Letters, digits and '-'.</param>
    /// <param name="now">Names the backup.</param>
    /// <exception cref="DeploymentRefusal">The package holds nothing to deploy, or something stands in the way of a path.</exception>
    public static ReplacePlan Plan(DeploymentSettings settings, string packageRoot, string runId, DateTimeOffset now)
    {
        using TreeRoot packageTree = TreeRoot.Open(packageRoot);
        TreeManifest package = TreeManifest.Capture(packageTree);
        bool isFirst = FileStatus.Of(settings.InstallDir) is null;
        using TreeRoot? installed = isFirst ? null : TreeRoot.Open(settings.InstallDir);
        ReplacePlanner planner = new(settings, package, installed);
        bool isFull = settings.Strategy == DeployStrategy.OpenRestyFull;
        ReplaceKind kind = isFirst || (isFull && CanSwap(settings.InstallDir)) ? ReplaceKind.Swap : ReplaceKind.PerFile;
        return new()
        {
            RunId = runId,
            InstallDir = settings.InstallDir,
            PackageRoot = packageRoot,
            Kind = kind,
            FirstInstallation = isFirst,
            BackupWhole = settings.Strategy != DeployStrategy.CService,
            BackupName = $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{runId}",
            Changes = [.. kind == ReplaceKind.Swap ? planner.WholeTree() : planner.FileByFile(isFull)],
            Preserve = settings.Preserve,
        };
    }

    /// <summary>A mount point cannot be renamed, and a backup elsewhere cannot be had by renaming.</summary>
    private static bool CanSwap(string installDir)
    {
        FileStatus install = FileStatus.Of(installDir)!.Value;
        ulong parent = FileStatus.Of(Path.GetDirectoryName(installDir)!)!.Value.Device;
        FileStatus? backups = FileStatus.Of(DeploymentPaths.BackupRootOf(installDir));
        return !install.IsMountPoint && install.Device == parent && (backups is null || backups.Value.Device == parent);
    }

    private IEnumerable<PlannedChange> WholeTree()
    {
        TreeManifest installed = _installed is null ? new([]) : TreeManifest.Capture(_installed);
        Dictionary<string, PlannedChange> chosen = new(StringComparer.Ordinal);
        foreach (ManifestEntry entry in _package.Entries.Where(e => e.Path.Length > 0 && (_installed is null || !_preserve.Covers(e.Path))))
        {
            ManifestEntry? own = installed.Find(entry.Path);
            bool keep = _settings.ConfigFromInstalled && own is { Kind: EntryKind.File or EntryKind.Link } && _configs.Matches(entry.Path);
            chosen[entry.Path] = keep ? Put(own!, fromInstalled: true) : Put(Owned(entry, installed));
        }

        foreach (ManifestEntry entry in installed.Entries.Where(e => e.Kind != EntryKind.Special && _preserve.Covers(e.Path)))
        {
            Keep(entry, installed, chosen);
        }

        ManifestEntry root = installed.Find("") ?? Owned(_package.Find("")!, installed) with { Path = "", Mode = 0b111_101_101 };
        PlannedChange[] all = [Put(root), .. chosen.Values];
        return all.OrderBy(c => _configs.Matches(c.Path) && !_binaries.Matches(c.Path) ? 1 : 0).ThenBy(c => c.Path, StringComparer.Ordinal)
            .OrderBy(c => c.Kind == ChangeKind.MakeDirectory ? 0 : 1);
    }

    /// <summary>Takes an entry over from the installed version, with the directories that lead to it.</summary>
    private static void Keep(ManifestEntry entry, TreeManifest installed, Dictionary<string, PlannedChange> chosen)
    {
        for (string above = Above(entry.Path); above.Length > 0; above = Above(above))
        {
            if (!chosen.TryGetValue(above, out PlannedChange? change))
            {
                chosen[above] = Put(installed.Find(above)!, fromInstalled: true);
            }
            else if (change.Kind != ChangeKind.MakeDirectory)
            {
                throw InTheWay(above, "the package holds a file where a preserved path needs a directory");
            }
        }

        chosen[entry.Path] = Put(entry, fromInstalled: true);
    }

    private List<PlannedChange> FileByFile(bool removeOthers)
    {
        List<ManifestEntry> files = [.. _package.Entries.Where(e => e.Kind != EntryKind.Directory && IsDeployed(e.Path))];
        if (files.Count == 0 && !_package.Entries.Any(e => e.Kind != EntryKind.Directory && Selected(e.Path)))
        {
            string held = string.Join(", ", _package.Entries.Where(e => e.Path.Length > 0).Take(20).Select(e => e.Path));
            throw new DeploymentRefusal(
                DeploymentRefusal.NothingToReplace,
                $"The package holds nothing that matches {string.Join(", ", [.. _settings.Binaries, .. _settings.Configs])}; it holds {held}.");
        }

        List<PlannedChange> removals = removeOthers ? [.. Removals()] : [];
        HashSet<string> gone = [.. removals.Select(r => r.Path)];
        HashSet<string> made = [];
        List<PlannedChange> changes = [.. removals];
        foreach (ManifestEntry file in files.OrderBy(e => IsConfig(e.Path) ? 1 : 0).ThenBy(e => e.Path, StringComparer.Ordinal))
        {
            changes.AddRange(Directories(file.Path, gone, made));
            if (ChangeOf(file, gone) is { } change)
            {
                changes.Add(change);
            }
        }

        return changes;
    }

    /// <summary>What the new version no longer has, deepest first, where <c>full</c> must work within a mount point.</summary>
    private IEnumerable<PlannedChange> Removals()
    {
        TreeManifest installed = TreeManifest.Capture(_installed!);
        HashSet<string> kept = [.. installed.Entries.Where(e => _preserve.Covers(e.Path)).SelectMany(e => WithAbove(e.Path))];
        foreach (ManifestEntry entry in installed.Entries.Reverse().Where(e => e.Path.Length > 0 && e.Kind != EntryKind.Special))
        {
            bool isFolder = entry.Kind == EntryKind.Directory;
            ManifestEntry? next = _package.Find(entry.Path);
            bool stays = next is not null && next.Kind == EntryKind.Directory == isFolder;
            if (stays || (kept.Contains(entry.Path) && next is null))
            {
                continue;
            }

            if (kept.Contains(entry.Path))
            {
                throw InTheWay(entry.Path, "a preserved path and the package disagree whether it is a directory");
            }

            yield return new(isFolder ? ChangeKind.RemoveDirectory : ChangeKind.Remove, entry);
        }
    }

    private IEnumerable<PlannedChange> Directories(string path, HashSet<string> gone, HashSet<string> made)
    {
        foreach (string above in WithAbove(Above(path)).Reverse().Where(a => a.Length > 0 && !made.Contains(a)))
        {
            ManifestEntry? own = gone.Contains(above) || IsBelowOne(above, gone) ? null : Status(above);
            if (own is null)
            {
                made.Add(above);
                yield return Put(Owned(_package.Find(above)!, null));
            }
            else if (own.Kind != EntryKind.Directory)
            {
                throw InTheWay(above, "it must be a directory but is none in the installed version");
            }
        }
    }

    /// <returns>None when the installed entry already is what it is to be.</returns>
    private PlannedChange? ChangeOf(ManifestEntry file, HashSet<string> gone)
    {
        ManifestEntry? own = gone.Contains(file.Path) || IsBelowOne(file.Path, gone) ? null : ReadInstalled(file.Path);
        if (own?.Kind is EntryKind.Directory or EntryKind.Special)
        {
            throw InTheWay(file.Path, "the package holds a file where the installed version has something else");
        }

        ManifestEntry wanted = own is null ? Owned(file, null) : file with { User = own.User, Group = own.Group };
        bool keepsMode = _settings.Strategy == DeployStrategy.CService && own is { Kind: EntryKind.File } && file.Kind == EntryKind.File;
        int mode = (keepsMode ? own!.Mode : file.Mode) & Permissions;
        wanted = wanted with { Mode = IsExecutable(file) ? mode | ((mode & AnyRead) >> 2) : mode };
        bool isSame = own is not null && own.Kind == wanted.Kind && own.Sha256 == wanted.Sha256 && own.Target == wanted.Target
            && (own.Mode == wanted.Mode || own.Kind == EntryKind.Link);
        return isSame ? null : Put(wanted);
    }

    private bool IsExecutable(ManifestEntry file) =>
        file.Kind == EntryKind.File && _settings.Strategy == DeployStrategy.CService && _binaries.Matches(file.Path);

    private bool IsConfig(string path) => _configs.Matches(path) && !_binaries.Matches(path);

    private bool Selected(string path) =>
        _settings.Strategy != DeployStrategy.CService || _binaries.Matches(path) || _configs.Matches(path);

    private bool IsDeployed(string path) =>
        Selected(path) && !_preserve.Covers(path)
        && !(_settings.ConfigFromInstalled && IsConfig(path) && Status(path) is { Kind: EntryKind.File or EntryKind.Link });

    /// <summary>The owner of the installed entry, or else of the nearest directory above it; the package names none.</summary>
    private ManifestEntry Owned(ManifestEntry entry, TreeManifest? installed)
    {
        (uint user, uint group) = Owner(entry.Path, installed);
        int mode = entry.Mode & Permissions;
        bool isExecutable = IsExecutable(entry);
        return entry with { User = user, Group = group, Mode = isExecutable ? mode | ((mode & AnyRead) >> 2) : mode };
    }

    private (uint User, uint Group) Owner(string path, TreeManifest? installed)
    {
        if (_installed is null)
        {
            FileStatus parent = FileStatus.Of(Path.GetDirectoryName(_settings.InstallDir)!)!.Value;
            return (parent.User, parent.Group);
        }

        for (string at = path; ; at = Above(at))
        {
            ManifestEntry? own = installed is null ? Status(at) : installed.Find(at);
            if (own is not null)
            {
                return (own.User, own.Group);
            }
        }
    }

    private ManifestEntry? ReadInstalled(string path) => _installed is null ? null : ManifestEntry.Read(_installed, path);

    private ManifestEntry? Status(string path) =>
        _installed?.Status(path) is { } s ? new(path, s.Kind, s.Size, null, s.Mode, s.User, s.Group, s.ChangedNanoseconds, null) : null;

    private static PlannedChange Put(ManifestEntry entry, bool fromInstalled = false) =>
        new(
            entry.Kind switch
            {
                EntryKind.Directory => ChangeKind.MakeDirectory,
                EntryKind.Link => ChangeKind.PutLink,
                _ => ChangeKind.PutFile,
            },
            entry,
            fromInstalled);

    private static string Above(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "";

    private static IEnumerable<string> WithAbove(string path)
    {
        for (string at = path; at.Length > 0; at = Above(at))
        {
            yield return at;
        }
    }

    private static bool IsBelowOne(string path, HashSet<string> gone) => gone.Count > 0 && WithAbove(Above(path)).Any(gone.Contains);

    private static DeploymentRefusal InTheWay(string path, string why) =>
        new(DeploymentRefusal.PathConflict, $"'{path}' cannot be deployed: {why}.");
}
