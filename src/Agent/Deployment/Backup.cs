using System.Text.Json;
using System.Text.Json.Serialization;
using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>What a rollback needs to know besides the old files.</summary>
/// <param name="InstallDir">What is restored.</param>
/// <param name="RunId">Whose deployment it was.</param>
/// <param name="Kind">Whether trees were exchanged or single files.</param>
/// <param name="FirstInstallation">There was no old version; a rollback removes what was put there.</param>
/// <param name="Created">Entries that the deployment makes new, the only ones a rollback may remove.</param>
/// <param name="Preserve">Patterns of what belongs to the running service and is neither restored nor judged.</param>
internal sealed record BackupRecord(
    string InstallDir, string RunId, ReplaceKind Kind, bool FirstInstallation, IReadOnlyList<ManifestEntry> Created, IReadOnlyList<string> Preserve);

/// <summary>
/// Keeps the old version beside the install directory until the new one has proven itself. A backup exists when its
/// <c>complete</c> mark does, which is written last.
/// </summary>
internal sealed class Backup
{
    public const string CompleteMark = "complete";
    public const string AppliedMark = "applied";
    public const string RolledBackMark = "rolled-back";

    private const string RecordName = "backup.json";
    private const string ManifestName = "manifest.jsonl";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
    };

    private Backup(string directory, BackupRecord record, TreeManifest manifest) =>
        (Directory, Record, Manifest) = (directory, record, manifest);

    public string Directory { get; }

    public BackupRecord Record { get; }

    /// <summary>The old version: everything for a whole backup, else what the deployment changes.</summary>
    public TreeManifest Manifest { get; }

    public DeploymentPaths Paths => new(Record.InstallDir, Record.RunId, Path.GetFileName(Directory));

    /// <summary>Makes the backup that a plan needs. Doing it again after a crash finishes it; a complete one is left as it is.</summary>
    /// <exception cref="DeploymentRefusal">The backup directory is not the agent's own.</exception>
    /// <exception cref="NoSpaceRefusal">There is no room; nothing of the installed version was touched.</exception>
    public static Backup Create(ReplacePlan plan, Action<string>? step = null)
    {
        DeploymentPaths paths = plan.Paths;
        if (File.Exists(Path.Combine(paths.Backup, CompleteMark)))
        {
            return Open(paths.Backup);
        }

        try
        {
            MakeRoom(paths);
            step?.Invoke("backup record");
            TreeManifest manifest = Write(plan, paths, step);
            BackupRecord record = new(
                plan.InstallDir, plan.RunId, plan.Kind, plan.FirstInstallation, [.. Created(plan, manifest)], plan.Preserve);
            DurableFile.Write(Path.Combine(paths.Backup, RecordName), JsonSerializer.SerializeToUtf8Bytes(record, Json));
            manifest.Write(Path.Combine(paths.Backup, ManifestName));
            step?.Invoke("backup complete");
            DurableFile.Write(Path.Combine(paths.Backup, CompleteMark), []);
            return new(paths.Backup, record, manifest);
        }
        catch (IOException full) when (NoSpaceRefusal.IsFull(full))
        {
            throw new NoSpaceRefusal(paths.Backup, null, full);
        }
    }

    /// <exception cref="DeploymentRefusal">It is not complete or not whole.</exception>
    public static Backup Open(string directory)
    {
        if (!File.Exists(Path.Combine(directory, CompleteMark)))
        {
            throw new DeploymentRefusal(
                DeploymentRefusal.BackupIncomplete, $"The backup '{directory}' was never finished, so nothing was changed after it and nothing can be restored from it.");
        }

        BackupRecord record = JsonSerializer.Deserialize<BackupRecord>(File.ReadAllBytes(Path.Combine(directory, RecordName)), Json)!;
        return new(directory, record, TreeManifest.Read(Path.Combine(directory, ManifestName)));
    }

    /// <summary>Directories of complete backups that can be restored, the newest first.</summary>
    public static IReadOnlyList<string> List(string installDir)
    {
        string root = DeploymentPaths.BackupRootOf(installDir);
        return System.IO.Directory.Exists(root)
            ? [.. System.IO.Directory.EnumerateDirectories(root).Where(IsRestorable).OrderDescending(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>
    /// Removes all but the newest backups, and what unfinished or used ones left. Only for after a successful deployment:
    /// until then an older backup may be the only way back.
    /// </summary>
    /// <returns>Names of the removed ones.</returns>
    public static IReadOnlyList<string> Prune(string installDir, int keep)
    {
        string root = DeploymentPaths.BackupRootOf(installDir);
        if (!System.IO.Directory.Exists(root))
        {
            return [];
        }

        HashSet<string> kept = [.. List(installDir).Take(keep).Select(d => Path.GetFileName(d))];
        using TreeRoot backups = TreeRoot.Open(root);
        string[] gone = [.. backups.Names("").Where(name => !kept.Contains(name) && backups.Status(name)?.Kind == EntryKind.Directory)];
        foreach (string name in gone)
        {
            backups.Remove($"{name}/{CompleteMark}"); // first, so that half a backup never looks whole
            backups.RemoveTree(name);
        }

        return gone;
    }

    public bool Has(string mark) => File.Exists(Path.Combine(Directory, mark));

    public void Set(string mark) => DurableFile.Write(Path.Combine(Directory, mark), []);

    private static bool IsRestorable(string directory) =>
        File.Exists(Path.Combine(directory, CompleteMark)) && !File.Exists(Path.Combine(directory, RolledBackMark));

    private static void MakeRoom(DeploymentPaths paths)
    {
        System.IO.Directory.CreateDirectory(paths.BackupRoot, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileStatus root = FileStatus.Of(paths.BackupRoot)!.Value;
        using TreeRoot backups = root.Kind == EntryKind.Directory
            ? TreeRoot.Open(paths.BackupRoot)
            : throw new DeploymentRefusal(
                DeploymentRefusal.BackupDirInvalid, $"'{paths.BackupRoot}' is a link or no directory; backups are only kept in a directory of the agent's own.");
        backups.RemoveTree(paths.BackupName); // what a crash left: without the mark it never was a backup
        backups.MakeDirectory(paths.BackupName);
        backups.SyncDirectory("");
        DurableFile.SyncDirectory(paths.Parent);
    }

    private static TreeManifest Write(ReplacePlan plan, DeploymentPaths paths, Action<string>? step)
    {
        if (plan.FirstInstallation)
        {
            return new([]);
        }

        using TreeRoot installed = TreeRoot.Open(plan.InstallDir);
        TreeManifest manifest = plan.BackupWhole ? TreeManifest.Capture(installed) : Affected(plan, installed);
        if (plan.Kind == ReplaceKind.Swap)
        {
            return manifest; // the tree itself becomes the backup, by being renamed
        }

        System.IO.Directory.CreateDirectory(paths.BackupTree);
        DurableFile.SyncDirectory(paths.Backup);
        using TreeRoot kept = TreeRoot.Open(paths.BackupTree);
        TreeCopy.Copy(manifest, installed, kept, plan.RunId, step);
        return manifest;
    }

    private static TreeManifest Affected(ReplacePlan plan, TreeRoot installed)
    {
        Dictionary<string, ManifestEntry> entries = [];
        foreach (PlannedChange change in plan.Changes)
        {
            for (string path = change.Path; ; path = path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "")
            {
                if (!entries.ContainsKey(path) && ManifestEntry.Read(installed, path) is { } entry)
                {
                    entries[path] = entry;
                }

                if (path.Length == 0)
                {
                    break;
                }
            }
        }

        return new(entries.Values);
    }

    private static IEnumerable<ManifestEntry> Created(ReplacePlan plan, TreeManifest manifest) =>
        plan.Kind == ReplaceKind.Swap
            ? []
            : plan.Changes
                .Where(c => c.Kind is ChangeKind.MakeDirectory or ChangeKind.PutFile or ChangeKind.PutLink)
                .Where(c => manifest.Find(c.Path) is not { } old || (old.Kind == EntryKind.Directory) != (c.Wanted.Kind == EntryKind.Directory))
                .Select(c => c.Wanted);
}

/// <summary>Copies trees with modes, owners, times and links, and never by hard links, for a service may write in place.</summary>
internal static class TreeCopy
{
    public static void Copy(TreeManifest manifest, TreeRoot from, TreeRoot to, string runId, Action<string>? step)
    {
        TreeChange change = new(to, runId, step);
        foreach (ManifestEntry entry in manifest.Entries.Where(e => e.Kind != EntryKind.Special))
        {
            if (entry.Kind != EntryKind.Directory)
            {
                change.Put(entry, from);
            }
            else if (entry.Path.Length > 0)
            {
                // Dressed below: a directory without write permission could not be filled by another user than root.
                to.MakeDirectory(entry.Path);
            }
        }

        change.Sync();

        foreach (ManifestEntry folder in manifest.Entries.Where(e => e.Kind == EntryKind.Directory && e.Path.Length > 0).Reverse())
        {
            to.Dress(folder.Path, folder.Dress);
            to.SyncDirectory(folder.Path);
        }
    }
}
