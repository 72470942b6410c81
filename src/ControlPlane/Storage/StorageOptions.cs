using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Storage;

/// <summary>Which database. Section <c>Database</c>.</summary>
internal sealed class StorageOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Database";

    /// <summary><c>sqlite</c> (default: one process, a file in <c>DataDirectory</c>) or <c>postgres</c>.</summary>
    [RegularExpression("^(sqlite|postgres)$", ErrorMessage = "Database:Provider must be 'sqlite' or 'postgres'.")]
    public string Provider { get; set; } = "sqlite";

    /// <summary>Longest time one statement may take; 1 s to 10 min, 30 s unless set.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>True for <c>postgres</c>.</summary>
    public bool IsPostgres => Provider == "postgres";
}

/// <summary>Checks <see cref="StorageOptions"/> by its annotations, at start.</summary>
[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;

/// <summary>Where this process keeps files: the SQLite database, caches, and on SQLite also blobs and the master key.</summary>
/// <param name="Path">Absolute path. Made at start with access for the owner alone.</param>
internal sealed record DataDirectory(string Path)
{
    /// <summary>A path below the data directory; the directory it lies in is made.</summary>
    public string At(params ReadOnlySpan<string> parts)
    {
        string path = System.IO.Path.Combine([Path, .. parts]);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }
}
