using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Feed;

/// <summary>A change that has not been numbered yet; written in the transaction of the change itself.</summary>
internal sealed class FeedPending
{
    public long Id { get; private set; }

    /// <summary><c>runs</c>, <c>builds</c> or <c>agents</c>.</summary>
    public string Topic { get; init; } = "";

    /// <summary>Id of what changed.</summary>
    public long EntityId { get; init; }
}

/// <summary>A numbered change.</summary>
internal sealed class FeedEntry
{
    /// <summary>Rises without gaps in the order in which committed changes were numbered.</summary>
    public long Sequence { get; init; }

    public string Topic { get; init; } = "";
    public long EntityId { get; init; }
    public int Day { get; init; }
}

internal sealed class FeedPendingConfiguration : IEntityTypeConfiguration<FeedPending>
{
    public void Configure(EntityTypeBuilder<FeedPending> pending)
    {
        pending.ToTable("feed_pending");
        pending.HasKey(p => p.Id);
        pending.Property(p => p.Topic).HasMaxLength(16);
    }
}

internal sealed class FeedEntryConfiguration : IEntityTypeConfiguration<FeedEntry>
{
    public void Configure(EntityTypeBuilder<FeedEntry> entry)
    {
        entry.ToTable("feed");
        entry.HasKey(e => new { e.Day, e.Sequence });
        entry.Property(e => e.Topic).HasMaxLength(16);
        entry.HasIndex(e => e.Sequence); // read after a position, whatever the day
        entry.PartitionByDay("day");
    }
}

/// <summary>How a command says that something changed.</summary>
internal static class FeedCommands
{
    /// <summary>Adds an unnumbered feed row to the present transaction.</summary>
    public static void Changed(this OrbitDbContext database, string topic, long entityId)
    {
        database.Set<FeedPending>().Add(new FeedPending { Topic = topic, EntityId = entityId });
        database.RaiseAfterCommit(Topics.FeedPending);
    }
}
