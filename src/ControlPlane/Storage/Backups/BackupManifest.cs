using System.Text.Json.Serialization;

namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>What a backup says of itself, as the first file in it.</summary>
/// <param name="Format">Version of this layout.</param>
/// <param name="Provider"><c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="Migration">The last migration that the database had.</param>
/// <param name="Since">When the installation was made: nothing in it is older.</param>
/// <param name="TakenAt">The state is that of this moment.</param>
internal sealed record BackupManifest(int Format, string Provider, string Migration, DateTimeOffset Since, DateTimeOffset TakenAt)
{
    /// <summary>The layout that this program writes and reads.</summary>
    public const int Current = 1;

    /// <summary>Its name in the backup.</summary>
    public const string Name = "manifest.json";
}

/// <summary>A file of a backup.</summary>
internal sealed record BackupEntry(string Name, long Size, string Sha256);

/// <summary>The last file of a backup: without it the backup was cut off.</summary>
internal sealed record BackupEnd(IReadOnlyList<BackupEntry> Entries)
{
    /// <summary>Its name in the backup.</summary>
    public const string Name = "end.json";
}

/// <summary>A table of a PostgreSQL backup and the columns that its file holds, in order.</summary>
internal sealed record BackupTable(string Name, IReadOnlyList<string> Columns);

/// <summary>JSON of this folder.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(BackupEnd))]
[JsonSerializable(typeof(BackupTable[]))]
internal sealed partial class BackupJson : JsonSerializerContext;

/// <summary>A backup that cannot be restored, or a place it cannot be restored to; the message says why.</summary>
internal sealed class RestoreException(string message, Exception? cause = null) : Exception(message, cause);
