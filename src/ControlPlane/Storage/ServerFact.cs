using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Storage;

/// <summary>A fact about this control plane that all replicas share, e.g. its id.</summary>
internal sealed class ServerFact
{
    public string Name { get; init; } = "";
    public string Value { get; init; } = "";
}

internal sealed class ServerFactConfiguration : IEntityTypeConfiguration<ServerFact>
{
    public void Configure(EntityTypeBuilder<ServerFact> fact)
    {
        fact.ToTable("server_facts");
        fact.HasKey(f => f.Name);
        fact.Property(f => f.Name).HasMaxLength(64);
    }
}
