namespace Orbit.ControlPlane.ApiTests;

/// <summary>A file that cases send, as it is now. What it held before lives on in the batches that began with it.</summary>
internal sealed class ApiFile
{
    public string Name { get; init; } = "";
    public string Folder { get; set; } = "";
    public ApiVisibility Visibility { get; set; } = ApiVisibility.All;
    public string Owner { get; init; } = "";
    public Guid BlobId { get; set; }
    public long Size { get; set; }

    /// <summary>Of the content, lower-case hex.</summary>
    public string Sha256 { get; set; } = "";

    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";

    /// <summary>Counts changes.</summary>
    public int Revision { get; set; }

    /// <summary>What decides who may see and run it, as of a case. It has no number: with a batch it stays as it stood then.</summary>
    public RunItem AsItem() => new(0, Folder, Owner, Visibility is ApiVisibility.Private);
}

/// <summary>A file as a batch began with it.</summary>
internal sealed class ApiBatchFile
{
    public long BatchId { get; init; }
    public string Name { get; init; } = "";
    public Guid BlobId { get; init; }
    public long Size { get; init; }
    public string Sha256 { get; init; } = "";
}
