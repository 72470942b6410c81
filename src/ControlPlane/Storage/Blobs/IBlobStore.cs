namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>
/// Large bytes that all replicas must be able to read: built reports, Allure's history, files that API tests send. A blob never changes and is readable once it is
/// whole; what a crash leaves half written is never seen and is swept away.
/// </summary>
internal interface IBlobStore
{
    /// <summary>Stores all of <paramref name="content"/>; durable when it returns.</summary>
    Task<Guid> WriteAsync(Stream content, CancellationToken ct);

    /// <summary>Copies a blob out.</summary>
    /// <returns>False when there is none of that id (any more); nothing was written then.</returns>
    Task<bool> CopyToAsync(Guid id, Stream destination, CancellationToken ct);

    /// <summary>Removes a blob; one that is gone already is no error.</summary>
    Task RemoveAsync(Guid id, CancellationToken ct);

    /// <summary>Removes half-written leftovers that began before <paramref name="limit"/> and lists whole blobs of that age.</summary>
    Task<IReadOnlyList<Guid>> SweepAsync(DateTimeOffset limit, CancellationToken ct);

    /// <summary>Ids of all whole blobs.</summary>
    Task<IReadOnlyList<Guid>> ListAsync(CancellationToken ct);

    /// <summary>True when a copy of the database holds the blobs too.</summary>
    bool IsInDatabase { get; }

    /// <summary>Removes nothing until disposed, so that what a copy of the database names is still there when the blobs are copied. What should have gone is swept away later.</summary>
    IDisposable KeepAll();

    /// <summary>Stores a blob of a backup under the id that it had.</summary>
    Task PutAsync(Guid id, Stream content, CancellationToken ct);
}
