using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.JobVersions;

internal sealed class JobVersionConfiguration : IEntityTypeConfiguration<JobVersion>
{
    public void Configure(EntityTypeBuilder<JobVersion> version)
    {
        version.ToTable("job_versions");
        version.HasKey(v => v.JobName);
        version.Property(v => v.JobName).HasMaxLength(255);
        version.Property(v => v.SelectedBy).HasMaxLength(254);
        version.Property(v => v.Revision).IsConcurrencyToken();
        version.HasIndex(v => v.NextSyncAt).HasFilter("next_sync_at IS NOT NULL"); // what auto-sync looks at next
    }
}

internal sealed class JobVersionChangeConfiguration : IEntityTypeConfiguration<JobVersionChange>
{
    public void Configure(EntityTypeBuilder<JobVersionChange> change)
    {
        change.ToTable("job_version_changes");
        change.HasKey(c => c.Id);
        change.Property(c => c.JobName).HasMaxLength(255);
        change.Property(c => c.SelectedBy).HasMaxLength(254);
        change.HasIndex(c => new { c.JobName, c.Id }); // a job's history
    }
}
