using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Storage.Blobs;

/// <summary>A blob in the database. Its chunks count only once it is whole.</summary>
internal sealed class BlobRow
{
    /// <summary>Version 7: holds the time it began.</summary>
    public Guid Id { get; init; }

    public long Size { get; init; }
    public bool Whole { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A piece of a blob.</summary>
internal sealed class BlobChunk
{
    public Guid BlobId { get; init; }

    /// <summary>From 0.</summary>
    public int Ordinal { get; init; }

    public byte[] Bytes { get; init; } = [];
}

internal sealed class BlobRowConfiguration : IEntityTypeConfiguration<BlobRow>
{
    public void Configure(EntityTypeBuilder<BlobRow> blob)
    {
        blob.ToTable("blobs");
        blob.HasKey(b => b.Id);
        blob.Property(b => b.Id).ValueGeneratedNever();
    }
}

internal sealed class BlobChunkConfiguration : IEntityTypeConfiguration<BlobChunk>
{
    public void Configure(EntityTypeBuilder<BlobChunk> chunk)
    {
        chunk.ToTable("blob_chunks");
        chunk.HasKey(c => new { c.BlobId, c.Ordinal });
        chunk.PartitionByUuid("blob_id");
    }
}
