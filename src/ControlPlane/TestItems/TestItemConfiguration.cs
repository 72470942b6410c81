using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.ParameterSets;

namespace Orbit.ControlPlane.TestItems;

internal sealed class TestItemConfiguration : IEntityTypeConfiguration<TestItem>
{
    public void Configure(EntityTypeBuilder<TestItem> item)
    {
        item.ToTable("test_items");
        item.HasKey(i => i.Id);
        item.Property(i => i.Name).HasMaxLength(100);
        item.Property(i => i.JobName).HasMaxLength(255);
        item.Property(i => i.PackagePattern).HasMaxLength(256);
        item.Property(i => i.Revision).IsConcurrencyToken();
        item.Property(i => i.Rollback).HasConversion<string>().HasMaxLength(16);
        item.Ignore(i => i.EffectivePattern).Ignore(i => i.LabelPairs).Ignore(i => i.AgentNames).Ignore(i => i.NotifyList);
        item.HasIndex(i => i.Name).IsUnique();
        item.HasIndex(i => new { i.JobName, i.Name }); // a job's items
        item.HasOne<ParameterSet>().WithMany().HasForeignKey(i => i.ParameterSetId).OnDelete(DeleteBehavior.Restrict); // a set in use stays
    }
}
