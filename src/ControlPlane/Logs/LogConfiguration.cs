using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Logs;

internal sealed class StepLogConfiguration : IEntityTypeConfiguration<StepLog>
{
    public void Configure(EntityTypeBuilder<StepLog> log)
    {
        log.ToTable("step_logs");
        log.HasKey(l => new { l.RunDay, l.RunId, l.Attempt, l.Step });
        log.Property(l => l.Step).HasMaxLength(16);
        log.PartitionByDay("run_day");
    }
}

internal sealed class LogChunkConfiguration : IEntityTypeConfiguration<LogChunkRow>
{
    public void Configure(EntityTypeBuilder<LogChunkRow> chunk)
    {
        chunk.ToTable("log_chunks");
        chunk.HasKey(c => new { c.RunDay, c.RunId, c.Attempt, c.Step, c.Offset });
        chunk.Property(c => c.Step).HasMaxLength(16);
        chunk.PartitionByDay("run_day");
    }
}
