namespace Orbit.ControlPlane.Ingest;

/// <summary>Something that arrived on a stream and must be in the database before anybody is told of it.</summary>
internal abstract class IngestItem
{
    /// <summary>Which of the lanes it takes; items of one assignment that must keep their order take the same.</summary>
    public virtual IngestLane Lane => IngestLane.News;

    /// <summary>
    /// Called once, after the transaction that holds the item's effect has been committed. Must not block and must not throw; what it
    /// tells the sender was decided in the transaction.
    /// </summary>
    public abstract void Committed();

    /// <summary>Called once instead of <see cref="Committed"/> when nothing was stored.</summary>
    public abstract void Failed(Exception reason);

    /// <summary>
    /// What to apply in place of an item that cannot be stored by itself, in order: its parts, or a record that it was refused. Empty:
    /// nothing, the item fails.
    /// </summary>
    public virtual IReadOnlyList<IngestItem> Instead() => [];
}

/// <summary>Lanes are committed apart from each other, so that what somebody waits for never stands behind what nobody does.</summary>
internal enum IngestLane
{
    /// <summary>Somebody waits for its commit before work can begin: applied at once.</summary>
    Urgent,

    /// <summary>What happened: gathered for a few milliseconds, so that a burst is one commit.</summary>
    News,

    /// <summary>Bytes of logs and files.</summary>
    Bytes,
}

/// <summary>Applies all items of one kind that are in a batch. One handler a kind; the order of registration is the order in a batch.</summary>
internal interface IIngestHandler
{
    /// <summary>The kind of item.</summary>
    Type Kind { get; }

    /// <summary>
    /// True when any number of items is one statement that changes anything, on a database that is a server. It then goes without a
    /// transaction around it.
    /// </summary>
    bool IsOneStatement => false;

    /// <summary>
    /// Applies items in the present transaction, in their order. May be called again with the same items when the transaction lost a race,
    /// so it decides everything anew from what it reads.
    /// </summary>
    /// <remarks>See <see cref="IsOneStatement"/> for when there is no transaction.</remarks>
    Task ApplyAsync(Storage.OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct);
}
