using Orbit.Agent.Files;

namespace Orbit.Agent.Deployment;

/// <summary>Files cannot be backed up, replaced or restored as asked.</summary>
internal sealed class DeploymentRefusal(string reason, string message, Exception? inner = null)
    : HostRefusal(reason, message, inner)
{
    public const string NothingToReplace = "NOTHING_TO_REPLACE";
    public const string PatternInvalid = "FILE_PATTERN_INVALID";
    public const string PathConflict = "PATH_CONFLICT";
    public const string TreeChanged = "TREE_CHANGED";
    public const string SourceChanged = "PACKAGE_TREE_CHANGED";
    public const string ManifestDamaged = "MANIFEST_DAMAGED";
    public const string BackupIncomplete = "BACKUP_INCOMPLETE";
    public const string BackupUsed = "BACKUP_USED";
    public const string BackupDirInvalid = "BACKUP_DIR_INVALID";
    public const string NotRestored = "ROLLBACK_NOT_VERIFIED";
    public const string NotReplaced = "REPLACE_NOT_VERIFIED";
}
