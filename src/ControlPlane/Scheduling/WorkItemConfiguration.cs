using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

internal sealed class WorkItemConfiguration : IEntityTypeConfiguration<WorkItem>
{
    public void Configure(EntityTypeBuilder<WorkItem> item)
    {
        item.ToTable("work_items");
        item.HasKey(w => w.Id);
        item.Property(w => w.Id).ValueGeneratedNever();
        item.Property(w => w.Kind).HasConversion<string>().HasMaxLength(8);
        item.Property(w => w.State).HasConversion<string>().HasMaxLength(8);
        item.Ignore(w => w.NeedsNoLock);
        item.Property(w => w.Owner).HasMaxLength(254);
        item.Property(w => w.Service).HasMaxLength(100);

        // The queue in order of hand-out, and what each agent has; ended items, which are nearly all, are in neither.
        item.HasIndex(w => w.Rank).HasFilter("state = 'Queued'");
        item.HasIndex(w => w.AgentId).HasFilter("state <> 'Ended'");
        item.HasIndex(w => w.RunId);
        item.PartitionByUuid("id");
    }
}

internal sealed class ServiceLockConfiguration : IEntityTypeConfiguration<ServiceLock>
{
    public void Configure(EntityTypeBuilder<ServiceLock> held)
    {
        held.ToTable("service_locks");
        held.HasKey(l => new { l.Host, l.Service });
        held.Property(l => l.Host).HasMaxLength(100);
        held.Property(l => l.Service).HasMaxLength(100);
        held.HasIndex(l => l.WorkItemId);
    }
}
