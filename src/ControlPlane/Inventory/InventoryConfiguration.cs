using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Inventory;

internal sealed class InventoryConfiguration : IEntityTypeConfiguration<InstalledOnHost>
{
    public void Configure(EntityTypeBuilder<InstalledOnHost> installed)
    {
        installed.ToTable("installed_on_hosts");
        installed.HasKey(i => new { i.AgentId, i.Service });
        installed.Property(i => i.Service).HasMaxLength(200);
        installed.Property(i => i.InstallDir).HasMaxLength(4096);
        installed.Property(i => i.BuildName).HasMaxLength(1000);
        installed.Property(i => i.ManifestHash).HasMaxLength(64);
        installed.Property(i => i.ChangedText).HasMaxLength(1000);
    }
}
