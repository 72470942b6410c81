using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Access.Keys;

/// <summary>A key of all replicas, wrapped by the master key.</summary>
internal sealed class StoredKey
{
    /// <summary>What it is for; see <see cref="KeyPurposes"/>.</summary>
    public string Purpose { get; init; } = "";

    /// <summary>Nonce (12 bytes), tag (16), encrypted key (32).</summary>
    public byte[] Wrapped { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The one row that says which installation this database belongs to.</summary>
internal sealed class StoredIdentity
{
    /// <summary>The only id there is.</summary>
    public const int OnlyId = 1;

    public int Id { get; init; }

    /// <summary>Names the installation to agents and in tokens.</summary>
    public Guid ServerId { get; init; }

    /// <summary>16 random bytes, with which a pass phrase becomes the master key. No secret.</summary>
    public byte[] KeySalt { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class StoredKeyConfiguration : IEntityTypeConfiguration<StoredKey>
{
    public void Configure(EntityTypeBuilder<StoredKey> key)
    {
        key.ToTable("keys");
        key.HasKey(k => k.Purpose);
        key.Property(k => k.Purpose).HasMaxLength(32);
    }
}

internal sealed class StoredIdentityConfiguration : IEntityTypeConfiguration<StoredIdentity>
{
    public void Configure(EntityTypeBuilder<StoredIdentity> identity)
    {
        identity.ToTable("server_identity");
        identity.HasKey(i => i.Id);
        identity.Property(i => i.Id).ValueGeneratedNever();
    }
}
