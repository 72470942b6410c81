using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>
/// Restores the version that a backup holds and proves by its manifest that it did. Applying it again after a crash at any
/// point finishes it.
/// </summary>
internal static class Rollback
{
    /// <param name="backupDir">A complete backup.</param>
    /// <param name="step">Told before each change; tests stop the work there.</param>
    /// <exception cref="DeploymentRefusal">The backup is not whole, or the result is not the old version: a person is needed.</exception>
    public static void Apply(string backupDir, Action<string>? step = null)
    {
        Backup backup = Backup.Open(backupDir);
        if (backup.Has(Backup.RolledBackMark))
        {
            return; // done before; a newer version may be installed by now
        }

        try
        {
            if (backup.Record.Kind == ReplaceKind.Swap)
            {
                TreeSwap.Back(backup, step);
            }
            else
            {
                PerFile(backup, step);
            }
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            throw new NoSpaceRefusal(backup.Record.InstallDir, backup.Manifest.Bytes, full);
        }

        RequireRestored(backup);
        backup.Set(Backup.RolledBackMark);
    }

    private static void PerFile(Backup backup, Action<string>? step)
    {
        using TreeRoot kept = TreeRoot.Open(backup.Paths.BackupTree);
        using TreeRoot installed = TreeRoot.Open(backup.Record.InstallDir);
        TreeChange change = new(installed, backup.Record.RunId, step);
        GlobSet preserve = new(backup.Record.Preserve);

        // First out with what is new, the deepest first: it may stand where an old entry has to go.
        foreach (ManifestEntry created in backup.Record.Created.OrderByDescending(e => e.Path, StringComparer.Ordinal))
        {
            if (created.Kind != EntryKind.Directory)
            {
                change.Remove(created.Path);
            }
            else
            {
                change.RemoveDirectoryIfEmpty(created.Path);
            }
        }

        ManifestEntry[] old = [.. backup.Manifest.Entries.Where(e => e.Kind != EntryKind.Special && !preserve.Covers(e.Path))];
        foreach (ManifestEntry entry in old)
        {
            if (entry.Kind != EntryKind.Directory)
            {
                change.Put(entry, kept);
            }
            else if (installed.Status(entry.Path) is null)
            {
                change.MakeDirectory(entry);
            }
        }

        foreach (ManifestEntry folder in old.Where(e => e.Kind == EntryKind.Directory).Reverse())
        {
            installed.Dress(folder.Path, folder.Dress);
        }

        change.Sync();
    }

    private static void RequireRestored(Backup backup)
    {
        if (backup.Record.FirstInstallation)
        {
            return; // the directory that was put there is gone
        }

        GlobSet preserve = new(backup.Record.Preserve);
        using TreeRoot installed = TreeRoot.Open(backup.Record.InstallDir);
        IReadOnlyList<ManifestDifference> differences = backup.Manifest.Compare(installed, preserve.Covers);
        if (differences.Count > 0)
        {
            throw new DeploymentRefusal(
                DeploymentRefusal.NotRestored,
                $"'{installed.Path}' is not the old version after the rollback: {string.Join("; ", differences.Take(10))}.");
        }
    }
}
