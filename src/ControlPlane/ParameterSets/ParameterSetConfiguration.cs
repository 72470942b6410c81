using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.ParameterSets;

internal sealed class ParameterSetConfiguration : IEntityTypeConfiguration<ParameterSet>
{
    public void Configure(EntityTypeBuilder<ParameterSet> set)
    {
        set.ToTable("parameter_sets");
        set.HasKey(s => s.Id);
        set.Property(s => s.Name).HasMaxLength(ParameterSet.LongestName);
        set.Property(s => s.Revision).IsConcurrencyToken();
        set.HasIndex(s => s.Name).IsUnique();
        set.HasIndex(s => s.IsDefault).IsUnique().HasFilter("is_default"); // at most one
    }
}

internal sealed class ParameterSetVersionConfiguration : IEntityTypeConfiguration<ParameterSetVersion>
{
    public void Configure(EntityTypeBuilder<ParameterSetVersion> version)
    {
        version.ToTable("parameter_set_versions");
        version.HasKey(v => new { v.SetId, v.Version });
        version.Property(v => v.SetId).ValueGeneratedNever();
        version.Property(v => v.Version).ValueGeneratedNever();
        version.Property(v => v.UpdatedBy).HasMaxLength(254);
        version.HasOne<ParameterSet>().WithMany().HasForeignKey(v => v.SetId).OnDelete(DeleteBehavior.Cascade);
    }
}
