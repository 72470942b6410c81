using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Builds;

internal sealed class BuildConfiguration : IEntityTypeConfiguration<Build>
{
    public void Configure(EntityTypeBuilder<Build> build)
    {
        build.ToTable("builds");
        build.HasKey(b => b.Id);
        build.Property(b => b.JobName).HasMaxLength(255);
        build.Property(b => b.BuildNumber).HasMaxLength(64);
        build.Property(b => b.BuildUser).HasMaxLength(255);
        build.Property(b => b.PackagePath).HasMaxLength(1024);
        build.Property(b => b.Key).HasMaxLength(32);
        build.Property(b => b.PinnedBy).HasMaxLength(254);
        build.Property(b => b.PinNote).HasMaxLength(500);
        build.Property(b => b.Mark).HasConversion<string>().HasMaxLength(8);
        build.Property(b => b.MarkReason).HasMaxLength(500);
        build.Property(b => b.MarkedBy).HasMaxLength(254);
        build.Ignore(b => b.LabelPairs);
        build.HasIndex(b => b.Key).IsUnique(); // one build, however often it is announced
        build.HasIndex(b => new { b.JobName, b.Id }); // a job's builds and its newest
        build.HasIndex(b => new { b.BuildUser, b.Id }); // a person's builds
        build.HasIndex(b => b.CreatedAt); // a span of time
        build.HasIndex(b => new { b.Mark, b.Id }).HasFilter("mark IS NOT NULL"); // good or bad ones
        build.HasIndex(b => b.Id).HasDatabaseName("ix_builds_pinned").HasFilter("pinned_at IS NOT NULL"); // pinned ones
    }
}
