using System.Globalization;
using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>One thing that stands in the way of a deployment.</summary>
/// <param name="Reason">Stable code.</param>
/// <param name="Message">For the person who can change it.</param>
internal sealed record DeploymentProblem(string Reason, string Message);

/// <param name="InstallDir">Where the service is or will be.</param>
/// <param name="AgentData">The agent's own directory.</param>
/// <param name="PackageBytes">Unpacked size.</param>
/// <param name="PackageEntries">Files and directories in it.</param>
/// <param name="WholeBackup">The whole install directory is backed up by copying.</param>
internal sealed record PreflightRequest(string InstallDir, string AgentData, long PackageBytes, int PackageEntries, bool WholeBackup);

/// <summary>Looks for everything that would make a deployment fail half-way, before anything is stopped or changed. It changes nothing itself.</summary>
internal static class Preflight
{
    private const int WriteAndEnter = 2 | 1; // W_OK | X_OK
    private const int BackupEntries = 16; // record, manifest, marks and directories

    /// <returns>All problems at once; empty when the deployment can begin.</returns>
    public static IReadOnlyList<DeploymentProblem> Check(PreflightRequest request)
    {
        if (InstallDirRule.Check(request.InstallDir, request.AgentData) is { } bad)
        {
            return [bad]; // nothing else can be said of such a path
        }

        string parent = Path.GetDirectoryName(request.InstallDir)!;
        if (FileStatus.Of(parent) is null)
        {
            return [new("INSTALL_PARENT_MISSING", $"The directory '{parent}', in which the service is to be installed, does not exist.")];
        }

        List<DeploymentProblem> problems = [];
        FileStatus? install = FileStatus.Of(request.InstallDir);
        if (install is { Kind: not EntryKind.Directory })
        {
            string what = install.Value.Kind == EntryKind.Link ? "a symbolic link" : "no directory";
            problems.Add(new("INSTALL_DIR_IS_LINK", $"The install directory '{request.InstallDir}' is {what}; name the real directory."));
        }

        CheckRights(request, parent, install, problems);
        CheckBackupDirectory(request, problems);
        if (install is null or { Kind: EntryKind.Directory })
        {
            CheckSpace(request, parent, install is not null, problems);
        }

        return problems;
    }

    private static void CheckRights(PreflightRequest request, string parent, FileStatus? install, List<DeploymentProblem> problems)
    {
        foreach (string directory in install is null ? [parent] : (string[])[parent, request.InstallDir])
        {
            if (Posix.Access(directory, WriteAndEnter) != 0)
            {
                string why = Posix.Failure("").Message.TrimStart(':', ' ');
                problems.Add(new("NOT_WRITABLE", $"The agent cannot write in '{directory}': {why}"));
            }
        }

        if (install is { IsImmutable: true })
        {
            problems.Add(new("IMMUTABLE", $"'{request.InstallDir}' has the immutable or append-only attribute (chattr), so that it cannot be replaced."));
        }

        if (install is { Kind: EntryKind.Directory })
        {
            CheckEntries(request.InstallDir, problems);
        }
    }

    private static void CheckEntries(string installDir, List<DeploymentProblem> problems)
    {
        using TreeRoot tree = TreeRoot.Open(installDir);
        bool isRoot = Environment.UserName == "root";
        Stack<string> ahead = new([""]);
        while (ahead.TryPop(out string? path))
        {
            FileStatus? status = tree.Status(path);
            if (status is { IsImmutable: true } && path.Length > 0)
            {
                problems.Add(new("IMMUTABLE", $"'{installDir}/{path}' has the immutable or append-only attribute (chattr)."));
                return; // one name is enough to act on
            }

            if (!isRoot && status is { } entry && entry.User != FileStatus.Of("/proc/self")!.Value.User)
            {
                problems.Add(new(
                    "OWNER_CANNOT_BE_KEPT",
                    $"'{installDir}/{path}' belongs to user {entry.User.ToString(CultureInfo.InvariantCulture)}; the agent does not run as root and could not keep that."));
                return;
            }

            foreach (string name in status is { Kind: EntryKind.Directory } ? tree.Names(path) : [])
            {
                ahead.Push(TreeRoot.Join(path, name));
            }
        }
    }

    private static void CheckBackupDirectory(PreflightRequest request, List<DeploymentProblem> problems)
    {
        string backups = DeploymentPaths.BackupRootOf(request.InstallDir);
        if (FileStatus.Of(backups) is not { } status)
        {
            return;
        }

        if (status.Kind != EntryKind.Directory)
        {
            problems.Add(new("BACKUP_DIR_INVALID", $"'{backups}' is a link or no directory; backups are only kept in a directory of the agent's own."));
        }
        else if (Posix.Access(backups, WriteAndEnter) != 0)
        {
            problems.Add(new("NOT_WRITABLE", $"The agent cannot write in '{backups}'."));
        }
    }

    /// <summary>Twice the package, for the new files lie beside the old ones for a while, and what the backup copies.</summary>
    private static void CheckSpace(PreflightRequest request, string parent, bool isInstalled, List<DeploymentProblem> problems)
    {
        (long installedBytes, long installedEntries) = isInstalled ? Measure(request.InstallDir) : (0, 0);
        long backupBytes = request.WholeBackup ? installedBytes : Math.Min(installedBytes, request.PackageBytes);
        long backupEntries = request.WholeBackup ? installedEntries : Math.Min(installedEntries, request.PackageEntries);
        string backups = DeploymentPaths.BackupRootOf(request.InstallDir);
        string backupPlace = FileStatus.Of(backups) is { Kind: EntryKind.Directory } ? backups : parent;
        Need[] needs =
        [
            new(isInstalled ? request.InstallDir : parent, 2 * request.PackageBytes, request.PackageEntries),
            new(backupPlace, backupBytes, backupEntries + BackupEntries),
        ];
        foreach (IGrouping<ulong, Need> disk in needs.GroupBy(n => FileStatus.Of(n.Place)!.Value.Device))
        {
            CheckDisk(disk.First().Place, disk.Sum(n => n.Bytes), disk.Sum(n => n.Entries), problems);
        }
    }

    private static void CheckDisk(string place, long bytes, long entries, List<DeploymentProblem> problems)
    {
        // struct statvfs in 64-bit words: block size, fragment size, blocks, free, available, files, free files, available files
        Span<ulong> status = stackalloc ulong[32];
        Posix.Require(Posix.FileSystemStatus(place, status), $"The file system of '{place}' could not be looked at");
        long free = (long)(status[1] * status[4]);
        if (free < bytes)
        {
            problems.Add(new(NoSpaceRefusal.Code, $"No space left for '{place}': {bytes:N0} bytes are needed and {free:N0} are free."));
        }

        bool countsEntries = status[5] > 0; // file systems without a fixed number of file entries say 0
        if (countsEntries && (long)status[7] < entries)
        {
            problems.Add(new(NoSpaceRefusal.Code, $"No file entries left for '{place}': {entries:N0} are needed and {status[7]:N0} are free."));
        }
    }

    private static (long Bytes, long Entries) Measure(string directory)
    {
        using TreeRoot tree = TreeRoot.Open(directory);
        (long bytes, long entries) = (0, 0);
        Stack<string> ahead = new([""]);
        while (ahead.TryPop(out string? path))
        {
            entries++;
            FileStatus? status = tree.Status(path);
            bytes += status is { Kind: EntryKind.File } file ? file.Size : 0;
            foreach (string name in status is { Kind: EntryKind.Directory } ? tree.Names(path) : [])
            {
                ahead.Push(TreeRoot.Join(path, name));
            }
        }

        return (bytes, entries);
    }

    private sealed record Need(string Place, long Bytes, long Entries);
}
