using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Agents;

internal sealed class AgentConfiguration : IEntityTypeConfiguration<Agent>
{
    public void Configure(EntityTypeBuilder<Agent> agent)
    {
        agent.ToTable("agents");
        agent.HasKey(a => a.Id);
        agent.Property(a => a.Name).HasMaxLength(100);
        agent.Property(a => a.Host).HasMaxLength(100);
        agent.Property(a => a.KeyId).HasMaxLength(64);
        agent.Property(a => a.PreviousKeyId).HasMaxLength(64);
        agent.Property(a => a.Instance).HasMaxLength(64);
        agent.Property(a => a.PreviousInstance).HasMaxLength(64);
        agent.Property(a => a.UploadTokenHash).HasMaxLength(64);
        agent.Property(a => a.System).HasMaxLength(32);
        agent.Property(a => a.Package).HasMaxLength(64);
        agent.Property(a => a.Desire).HasConversion<string>().HasMaxLength(16);
        agent.HasIndex(a => a.Name).IsUnique();
        agent.HasIndex(a => a.KeyId).IsUnique();
    }
}

internal sealed class AgentPresenceConfiguration : IEntityTypeConfiguration<AgentPresence>
{
    public void Configure(EntityTypeBuilder<AgentPresence> presence)
    {
        presence.ToTable("agent_presence");
        presence.HasKey(p => p.AgentId);
        presence.Property(p => p.AgentId).ValueGeneratedNever();
        presence.Property(p => p.RemoteAddress).HasMaxLength(64);
        presence.Property(p => p.DiskNote).HasMaxLength(200);
    }
}

internal sealed class JoinTokenConfiguration : IEntityTypeConfiguration<JoinToken>
{
    public void Configure(EntityTypeBuilder<JoinToken> token)
    {
        token.ToTable("join_tokens");
        token.HasKey(t => t.Hash);
        token.Property(t => t.Hash).HasMaxLength(64);
        token.Property(t => t.Name).HasMaxLength(100);
        token.Property(t => t.CreatedBy).HasMaxLength(254);
        token.Property(t => t.UsedByKeyId).HasMaxLength(64);
    }
}
