using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orbit.Agent.Deployment;

/// <summary>How the tree gets from the old version to the new one.</summary>
internal enum ReplaceKind
{
    /// <summary>File by file within the install directory.</summary>
    PerFile,

    /// <summary>A whole new tree is made beside and takes the install directory's name.</summary>
    Swap,
}

/// <summary>What is done with one path.</summary>
internal enum ChangeKind
{
    MakeDirectory,
    PutFile,
    PutLink,
    Remove,
    RemoveDirectory,
}

/// <summary>One change, complete enough to be done again after a crash.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Wanted">The entry as it is to be afterwards; for removals, its path alone matters.</param>
/// <param name="FromInstalled">The content comes from the installed version and not from the package.</param>
internal sealed record PlannedChange(ChangeKind Kind, ManifestEntry Wanted, bool FromInstalled = false)
{
    [JsonIgnore]
    public string Path => Wanted.Path;
}

/// <summary>
/// Everything that a replacement does, decided before the first change and kept by the caller, so that it can be finished
/// or taken back after a crash at any point.
/// </summary>
internal sealed record ReplacePlan
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Part of the names of everything temporary, so that two runs never share one.</summary>
    public required string RunId { get; init; }

    public required string InstallDir { get; init; }

    /// <summary>Where the unpacked package lies; it must stay there until the replacement has ended.</summary>
    public required string PackageRoot { get; init; }

    public required ReplaceKind Kind { get; init; }

    /// <summary>No install directory exists yet.</summary>
    public required bool FirstInstallation { get; init; }

    /// <summary>The whole install directory is kept as backup, not only what changes.</summary>
    public required bool BackupWhole { get; init; }

    /// <summary>Name of the backup's directory.</summary>
    public required string BackupName { get; init; }

    /// <summary>In the order in which they are done.</summary>
    public required IReadOnlyList<PlannedChange> Changes { get; init; }

    /// <summary>Patterns whose files belong to the running service; no verification judges them.</summary>
    public required IReadOnlyList<string> Preserve { get; init; }

    /// <summary>Bytes that the changes write.</summary>
    [JsonIgnore]
    public long Bytes => Changes.Where(c => c.Kind == ChangeKind.PutFile).Sum(c => c.Wanted.Size);

    [JsonIgnore]
    public DeploymentPaths Paths => new(InstallDir, RunId, BackupName);

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public static ReplacePlan FromJson(string json) =>
        JsonSerializer.Deserialize<ReplacePlan>(json, Json) ?? throw new JsonException("The plan is empty.");
}

/// <summary>Where the things of a deployment lie. All are siblings of the install directory, so that renames stay on one file system.</summary>
internal sealed record DeploymentPaths(string InstallDir, string RunId, string BackupName)
{
    public string Parent => Path.GetDirectoryName(InstallDir)!;

    public string InstallName => Path.GetFileName(InstallDir);

    public string BackupRoot => BackupRootOf(InstallDir);

    public string Backup => Path.Combine(BackupRoot, BackupName);

    /// <summary>The old version's files.</summary>
    public string BackupTree => Path.Combine(Backup, "tree");

    /// <summary>A new tree while it is made; after an exchange, the old one for a moment.</summary>
    public string Incoming => $"{InstallDir}.orbit-new-{RunId}";

    /// <summary>A tree that was taken back, while it is removed.</summary>
    public string Discard => $"{InstallDir}.orbit-discard-{RunId}";

    public static string BackupRootOf(string installDir) => installDir + ".orbit-backups";
}
