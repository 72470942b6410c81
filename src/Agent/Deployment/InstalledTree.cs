using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>What a package brought into an install directory, entry by entry, and how it has changed since.</summary>
internal static class InstalledTree
{
    /// <summary>
    /// Writes down what lies in the install directory now of all that the package holds. What belongs to the running service (preserve), and
    /// what it makes by itself, is left out.
    /// </summary>
    public static TreeManifest Capture(ReplacePlan plan)
    {
        GlobSet preserve = new(plan.Preserve);
        Dictionary<string, ManifestEntry> known = plan.Changes
            .Where(change => change.Kind is ChangeKind.PutFile or ChangeKind.PutLink).GroupBy(change => change.Path).ToDictionary(group => group.Key, group => group.Last().Wanted, StringComparer.Ordinal);
        using TreeRoot package = TreeRoot.Open(plan.PackageRoot);
        using TreeRoot installed = TreeRoot.Open(plan.InstallDir);
        List<ManifestEntry> entries = [];
        foreach (string path in Files(package).Where(path => !preserve.Covers(path)))
        {
            if (installed.Status(path) is not { Kind: EntryKind.File or EntryKind.Link } now)
            {
                continue; // not every strategy takes everything
            }

            ManifestEntry? entry = known.TryGetValue(path, out ManifestEntry? put) && put.Sha256 is not null ? put with { Changed = now.ChangedNanoseconds, Size = now.Size } : ManifestEntry.Read(installed, path);
            if (entry is not null)
            {
                entries.Add(entry);
            }
        }

        return new(entries);
    }

    /// <summary>What is not as it was written down.</summary>
    /// <param name="manifest">As it was.</param>
    /// <param name="installDir">Where it lay.</param>
    /// <param name="thorough">False: the content of files whose size and time are the same is not read.</param>
    public static IReadOnlyList<ManifestDifference> Compare(TreeManifest manifest, string installDir, bool thorough)
    {
        if (!Directory.Exists(installDir))
        {
            return [new ManifestDifference(installDir, "is missing")];
        }

        using TreeRoot installed = TreeRoot.Open(installDir);
        return thorough
            ? manifest.Compare(installed)
            : new TreeManifest(manifest.Entries.Where(entry => !LooksTheSame(entry, installed.Status(entry.Path)))).Compare(installed);
    }

    private static bool LooksTheSame(ManifestEntry was, FileStatus? now) =>
        was.Kind == EntryKind.File && now is { Kind: EntryKind.File } file
        && (file.Size, file.ChangedNanoseconds, file.Mode, file.User, file.Group) == (was.Size, was.Changed, was.Mode, was.User, was.Group);

    private static IEnumerable<string> Files(TreeRoot tree)
    {
        Stack<string> ahead = new([""]);
        while (ahead.TryPop(out string? directory))
        {
            foreach (string name in tree.Names(directory))
            {
                string path = TreeRoot.Join(directory, name);
                switch (tree.Status(path)?.Kind)
                {
                    case EntryKind.Directory:
                        ahead.Push(path);
                        break;
                    case EntryKind.File or EntryKind.Link:
                        yield return path;
                        break;
                }
            }
        }
    }
}
