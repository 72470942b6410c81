using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Runs;

internal sealed class RunConfiguration : IEntityTypeConfiguration<Run>
{
    public void Configure(EntityTypeBuilder<Run> run)
    {
        run.ToTable("runs");
        run.HasKey(r => r.Id);
        run.Property(r => r.TestItemName).HasMaxLength(100);
        run.Property(r => r.JobName).HasMaxLength(255);
        run.Property(r => r.BuildNumber).HasMaxLength(64);
        run.Property(r => r.RequestedBy).HasMaxLength(254);
        run.Property(r => r.IdempotencyKey).HasMaxLength(128);
        run.Property(r => r.Status).HasConversion<string>().HasMaxLength(16);
        run.Property(r => r.Verdict).HasConversion<string>().HasMaxLength(24);
        run.Property(r => r.FailureClass).HasConversion<string>().HasMaxLength(16);
        run.Property(r => r.AgentName).HasMaxLength(100);
        run.Property(r => r.PreviousStatus).HasConversion<string>().HasMaxLength(16);
        run.Property(r => r.PinnedBy).HasMaxLength(254);
        run.Property(r => r.PinNote).HasMaxLength(500);
        run.Ignore(r => r.HasBegun);
        run.Property(r => r.Revision).IsConcurrencyToken();
        run.ComplexProperty(r => r.Tests, tests =>
        {
            tests.Property(t => t.Total).HasColumnName("tests_total");
            tests.Property(t => t.Passed).HasColumnName("tests_passed");
            tests.Property(t => t.Failed).HasColumnName("tests_failed");
            tests.Property(t => t.Broken).HasColumnName("tests_broken");
            tests.Property(t => t.Skipped).HasColumnName("tests_skipped");
            tests.Property(t => t.Unknown).HasColumnName("tests_unknown");
            tests.Property(t => t.Interrupted).HasColumnName("tests_interrupted");
            tests.Property(t => t.NotRun).HasColumnName("tests_not_run");
            tests.Property(t => t.Flaky).HasColumnName("tests_flaky");
            tests.Property(t => t.DurationMs).HasColumnName("tests_duration_ms");
        });
        run.HasIndex(r => new { r.TestItemId, r.Id }); // an item's history
        run.HasIndex(r => new { r.Status, r.Id }); // active runs
        run.HasIndex(r => new { r.BuildId, r.Id }); // a build's runs
        run.HasIndex(r => new { r.RequestedBy, r.Id }); // a person's runs
        run.HasIndex(r => new { r.Verdict, r.Id }); // runs that ended so
        run.HasIndex(r => r.CreatedAt); // the oldest, for retention
        run.HasIndex(r => new { r.RequestedBy, r.IdempotencyKey }).IsUnique(); // a repeated trigger; null keys never collide
    }
}

internal sealed class RunAttemptConfiguration : IEntityTypeConfiguration<RunAttempt>
{
    public void Configure(EntityTypeBuilder<RunAttempt> attempt)
    {
        attempt.ToTable("run_attempts");
        attempt.HasKey(a => new { a.RunId, a.Number });
        attempt.Property(a => a.Kind).HasMaxLength(16);
        attempt.Property(a => a.AgentName).HasMaxLength(100);
        attempt.Property(a => a.Status).HasConversion<string>().HasMaxLength(16);
        attempt.Property(a => a.Verdict).HasConversion<string>().HasMaxLength(24);
        attempt.HasIndex(a => a.AssignmentId).IsUnique();
    }
}

internal sealed class RunGateConfiguration : IEntityTypeConfiguration<RunGate>
{
    public void Configure(EntityTypeBuilder<RunGate> gate)
    {
        gate.ToTable("run_gates");
        gate.HasKey(g => new { g.RunId, g.Attempt });
        gate.Property(g => g.State).HasConversion<string>().HasMaxLength(12);
        gate.Property(g => g.Reason).HasMaxLength(2000);
        gate.Property(g => g.StopReason).HasMaxLength(2000);
        gate.Ignore(g => g.IsOpen);
        gate.HasIndex(g => g.State).HasFilter("state IN ('Pending', 'Running')"); // what is to be tended
    }
}

internal sealed class RunStepConfiguration : IEntityTypeConfiguration<RunStep>
{
    public void Configure(EntityTypeBuilder<RunStep> step)
    {
        step.ToTable("run_steps");
        step.HasKey(s => new { s.RunId, s.Attempt, s.Ordinal });
        step.Property(s => s.Name).HasMaxLength(16);
        step.Property(s => s.Status).HasConversion<string>().HasMaxLength(16);
        step.Property(s => s.Reason).HasMaxLength(64);
        step.Ignore(s => s.Ended);
    }
}

internal sealed class RunTestConfiguration : IEntityTypeConfiguration<RunTest>
{
    public void Configure(EntityTypeBuilder<RunTest> test)
    {
        test.ToTable("run_tests");
        test.HasKey(t => new { t.RunDay, t.RunId, t.Attempt, t.TestId });
        test.Property(t => t.TestId).HasMaxLength(2048);
        test.Property(t => t.Outcome).HasConversion<string>().HasMaxLength(16);
        test.Property(t => t.Worker).HasMaxLength(64);
        test.HasIndex(t => new { t.RunId, t.Attempt, t.Ordinal }); // a page of tests in order
        test.PartitionByDay("run_day");
    }
}

internal sealed class RunEventConfiguration : IEntityTypeConfiguration<RunEventRow>
{
    public void Configure(EntityTypeBuilder<RunEventRow> row)
    {
        row.ToTable("run_events");
        row.HasKey(e => new { e.RunDay, e.RunId, e.Seq });
        row.PartitionByDay("run_day");
    }
}
