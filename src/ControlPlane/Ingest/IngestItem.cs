namespace Orbit.ControlPlane.Ingest;

/// <summary>Something that arrived on a stream and must be in the database before anybody is told of it.</summary>
internal abstract class IngestItem
{
    /// <summary>True for log and file bytes, which have a lane of their own so that news never waits behind them.</summary>
    public virtual bool IsBytes => false;

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

/// <summary>Applies all items of one kind that are in a batch. One handler a kind; the order of registration is the order in a batch.</summary>
internal interface IIngestHandler
{
    /// <summary>The kind of item.</summary>
    Type Kind { get; }

    /// <summary>
    /// Applies items in the present transaction, in their order. May be called again with the same items when the transaction lost a race,
    /// so it decides everything anew from what it reads.
    /// </summary>
    Task ApplyAsync(Storage.OrbitDbContext database, IReadOnlyList<IngestItem> items, CancellationToken ct);
}
