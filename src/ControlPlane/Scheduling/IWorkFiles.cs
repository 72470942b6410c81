namespace Orbit.ControlPlane.Scheduling;

/// <summary>Knows the files that work of some kind needs.</summary>
internal interface IWorkFiles
{
    /// <summary>The blob of a file that a work item needs; null: it needs none of that content.</summary>
    Task<Guid?> BlobOfAsync(Guid work, string sha256, CancellationToken ct);
}
