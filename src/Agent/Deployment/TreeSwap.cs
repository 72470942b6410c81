using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>
/// Exchanges whole trees by renaming. Where each tree is can always be told from what lies where: a new tree carries a
/// marker until the exchange is over, and the old one is in the backup or under one of two known names.
/// </summary>
internal static class TreeSwap
{
    /// <summary>Lies in a new tree from its first moment until the old one is safe in the backup.</summary>
    public const string Marker = ".orbit-incoming";

    /// <summary>Brings the new tree in, from whatever point an earlier attempt reached.</summary>
    public static void Forward(ReplacePlan plan, Backup backup, Action<string>? step)
    {
        DeploymentPaths paths = plan.Paths;
        if (!backup.Has(Backup.AppliedMark))
        {
            bool installExists = FileStatus.Of(paths.InstallDir) is not null;
            bool isIn = installExists && HasMarker(paths.InstallDir);
            bool isBetween = !installExists && !plan.FirstInstallation && FileStatus.Of(paths.BackupTree) is not null;
            if (plan.FirstInstallation && installExists && !isIn)
            {
                throw new DeploymentRefusal(
                    DeploymentRefusal.TreeChanged, $"'{paths.InstallDir}' did not exist when the deployment was planned, and somebody has made it since.");
            }

            if (isBetween)
            {
                step?.Invoke("rename new tree in");
                Move(paths.Incoming, paths.InstallDir);
            }
            else if (!isIn)
            {
                Prepare(plan, step);
                BringIn(plan, paths, step);
            }

            if (!plan.FirstInstallation && FileStatus.Of(paths.BackupTree) is null)
            {
                step?.Invoke("rename old tree to backup");
                Move(paths.Incoming, paths.BackupTree); // after an exchange the old tree has the new one's former name
            }

            step?.Invoke("mark applied");
            backup.Set(Backup.AppliedMark);
        }

        RemoveMarker(paths, step);
    }

    /// <summary>Brings the old tree back, from whatever point the deployment or an earlier rollback reached.</summary>
    /// <param name="backup">A swap's backup.</param>
    /// <param name="step">Told before each change.</param>
    public static void Back(Backup backup, Action<string>? step)
    {
        DeploymentPaths paths = backup.Paths;
        if (backup.Record.FirstInstallation)
        {
            TakeOut(paths, isOurs: backup.Has(Backup.AppliedMark) || HasMarker(paths.InstallDir), step);
        }
        else
        {
            BringBack(paths, step);
            CarryOver(backup, paths, step);
        }

        step?.Invoke("remove trees that are not needed");
        using TreeRoot parent = TreeRoot.Open(paths.Parent);
        parent.RemoveTree(Path.GetFileName(paths.Discard));
        parent.RemoveTree(Path.GetFileName(paths.Incoming));
    }

    private static void BringBack(DeploymentPaths paths, Action<string>? step)
    {
        bool isExchanged = HasMarker(paths.InstallDir) && FileStatus.Of(paths.BackupTree) is null;
        if (isExchanged)
        {
            step?.Invoke("rename old tree to backup");
            Move(paths.Incoming, paths.BackupTree);
        }

        if (FileStatus.Of(paths.BackupTree) is not null)
        {
            TakeOut(paths, isOurs: true, step);
            step?.Invoke("rename old tree in");
            Move(paths.BackupTree, paths.InstallDir);
        }
    }

    private static void TakeOut(DeploymentPaths paths, bool isOurs, Action<string>? step)
    {
        if (isOurs && FileStatus.Of(paths.InstallDir) is not null)
        {
            step?.Invoke("rename new tree out");
            Move(paths.InstallDir, paths.Discard);
        }
    }

    /// <summary>What the service wrote into preserved paths meanwhile, its logs above all, stays although the version does not.</summary>
    private static void CarryOver(Backup backup, DeploymentPaths paths, Action<string>? step)
    {
        if (backup.Record.Preserve.Count == 0 || FileStatus.Of(paths.Discard) is null)
        {
            return;
        }

        GlobSet preserve = new(backup.Record.Preserve);
        using TreeRoot discarded = TreeRoot.Open(paths.Discard);
        using TreeRoot restored = TreeRoot.Open(paths.InstallDir);
        TreeManifest written = TreeManifest.Capture(discarded);
        TreeChange change = new(restored, paths.RunId, step);
        foreach (ManifestEntry entry in written.Entries.Where(e => e.Kind is EntryKind.File or EntryKind.Link && preserve.Covers(e.Path)))
        {
            string above = entry.Path.LastIndexOf('/') is var slash and > 0 ? entry.Path[..slash] : "";
            if (restored.Status(above) is { Kind: EntryKind.Directory } && restored.Status(entry.Path) is not { Kind: EntryKind.Directory })
            {
                change.Put(entry, discarded);
            }
        }

        change.Sync();
    }

    private static void Prepare(ReplacePlan plan, Action<string>? step)
    {
        DeploymentPaths paths = plan.Paths;
        step?.Invoke("make new tree");
        using (TreeRoot parent = TreeRoot.Open(paths.Parent))
        {
            parent.RemoveTree(Path.GetFileName(paths.Incoming));
            parent.MakeDirectory(Path.GetFileName(paths.Incoming));
        }

        using TreeRoot package = TreeRoot.Open(plan.PackageRoot);
        using TreeRoot? installed = plan.FirstInstallation ? null : TreeRoot.Open(plan.InstallDir);
        using TreeRoot incoming = TreeRoot.Open(paths.Incoming);
        incoming.CreateFile(Marker).Dispose();
        TreeChange change = new(incoming, plan.RunId, step);
        foreach (PlannedChange planned in plan.Changes)
        {
            change.Do(planned, planned.FromInstalled ? installed! : package);
        }

        foreach (PlannedChange folder in plan.Changes.Where(c => c.Kind == ChangeKind.MakeDirectory).OrderByDescending(c => c.Path.Length))
        {
            incoming.Dress(folder.Path, folder.Wanted.Dress); // filling it has changed its time
        }

        Replace.RequireResult(plan, incoming);
        change.Sync();
    }

    private static void BringIn(ReplacePlan plan, DeploymentPaths paths, Action<string>? step)
    {
        if (plan.FirstInstallation)
        {
            step?.Invoke("rename new tree in");
            Move(paths.Incoming, paths.InstallDir);
            return;
        }

        step?.Invoke("exchange trees");
        if (TryExchange(paths.Incoming, paths.InstallDir))
        {
            return;
        }

        Move(paths.InstallDir, paths.BackupTree);
        step?.Invoke("rename new tree in");
        Move(paths.Incoming, paths.InstallDir);
    }

    private static void RemoveMarker(DeploymentPaths paths, Action<string>? step)
    {
        using TreeRoot installed = TreeRoot.Open(paths.InstallDir);
        if (installed.Status(Marker) is null)
        {
            return;
        }

        step?.Invoke("remove marker");
        FileStatus dress = installed.Status("")!.Value;
        installed.Remove(Marker);
        installed.Dress("", dress);
        installed.SyncDirectory("");
    }

    private static bool HasMarker(string directory)
    {
        if (FileStatus.Of(directory) is not { Kind: EntryKind.Directory })
        {
            return false;
        }

        using TreeRoot tree = TreeRoot.Open(directory);
        return tree.Status(Marker) is not null;
    }

    /// <returns>False where the kernel or file system cannot exchange.</returns>
    private static bool TryExchange(string one, string other)
    {
        if (Posix.RenameAt(Posix.CurrentDirectory, one, Posix.CurrentDirectory, other, Posix.Exchange) == 0)
        {
            DurableFile.SyncDirectory(Path.GetDirectoryName(other)!);
            return true;
        }

        IOException failure = Posix.Failure($"'{one}' and '{other}' could not be exchanged");
        return failure.HResult is Posix.Invalid or Posix.NotImplemented ? false : throw failure;
    }

    /// <summary>Renames a tree to a name that must be free, durably.</summary>
    private static void Move(string from, string to)
    {
        Posix.Require(
            Posix.RenameAt(Posix.CurrentDirectory, from, Posix.CurrentDirectory, to, Posix.NoReplace), $"'{from}' could not be renamed to '{to}'");
        DurableFile.SyncDirectory(Path.GetDirectoryName(to)!);
        DurableFile.SyncDirectory(Path.GetDirectoryName(from)!);
    }
}
