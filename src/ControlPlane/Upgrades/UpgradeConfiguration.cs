using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Upgrades;

internal sealed class UpgradeConfiguration : IEntityTypeConfiguration<AgentUpgrade>
{
    public void Configure(EntityTypeBuilder<AgentUpgrade> upgrade)
    {
        upgrade.ToTable("agent_upgrades");
        upgrade.HasKey(u => u.Id);
        upgrade.Property(u => u.Version).HasMaxLength(64);
        upgrade.Property(u => u.State).HasConversion<string>().HasMaxLength(16);
        upgrade.Property(u => u.Stage).HasConversion<string>().HasMaxLength(16);
        upgrade.Property(u => u.Reason).HasMaxLength(2000);
        upgrade.Property(u => u.CreatedBy).HasMaxLength(254);
        upgrade.Property(u => u.Revision).IsConcurrencyToken();
        upgrade.Ignore(u => u.HasEnded);
    }
}

internal sealed class UpgradeMemberConfiguration : IEntityTypeConfiguration<UpgradeMember>
{
    public void Configure(EntityTypeBuilder<UpgradeMember> member)
    {
        member.ToTable("agent_upgrade_members");
        member.HasKey(m => new { m.UpgradeId, m.AgentId });
        member.Property(m => m.Agent).HasMaxLength(100);
        member.Property(m => m.Stage).HasConversion<string>().HasMaxLength(16);
        member.Property(m => m.State).HasConversion<string>().HasMaxLength(16);
        member.Property(m => m.FromVersion).HasMaxLength(64);
        member.Property(m => m.ToVersion).HasMaxLength(64);
        member.Property(m => m.Package).HasMaxLength(64);
        member.Property(m => m.Text).HasMaxLength(1000);
    }
}
