using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Trust;

/// <summary>One authority of this installation. The one with the highest number is in use.</summary>
internal sealed class StoredAuthority
{
    /// <summary>1 for the first, then one more with each rotation. Of two replicas that make the same number one is refused.</summary>
    public int Number { get; init; }

    /// <summary>DER, signed by itself.</summary>
    public byte[] Certificate { get; init; } = [];

    /// <summary>DER, the same name and key signed by the authority before; empty for the first, and where that one is not trusted any more.</summary>
    public byte[] Crossed { get; set; } = [];

    /// <summary>Its private key, PKCS #8 in base64, encrypted.</summary>
    public byte[] SealedKey { get; init; } = [];

    /// <summary>The private key of the server's certificates under it, PKCS #8 in base64, encrypted. All replicas have the same, so that one pin is good for all.</summary>
    public byte[] SealedServerKey { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class StoredAuthorityConfiguration : IEntityTypeConfiguration<StoredAuthority>
{
    public void Configure(EntityTypeBuilder<StoredAuthority> authority)
    {
        authority.ToTable("authorities");
        authority.HasKey(a => a.Number);
        authority.Property(a => a.Number).ValueGeneratedNever();
    }
}
