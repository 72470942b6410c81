using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Care;

internal sealed class CareConfiguration : IEntityTypeConfiguration<AgentCheck>
{
    public void Configure(EntityTypeBuilder<AgentCheck> check)
    {
        check.ToTable("agent_checks");
        check.HasKey(c => c.AgentId);
        check.Property(c => c.AgentId).ValueGeneratedNever();
    }
}
