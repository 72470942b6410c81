using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Reports;

internal sealed class ReportConfiguration : IEntityTypeConfiguration<Report>
{
    public void Configure(EntityTypeBuilder<Report> report)
    {
        report.ToTable("reports");
        report.HasKey(r => r.RunId);
        report.Property(r => r.RunId).ValueGeneratedNever();
        report.HasIndex(r => r.BlobId); // which blobs are still used
    }
}

internal sealed class ReportJobConfiguration : IEntityTypeConfiguration<ReportJob>
{
    public void Configure(EntityTypeBuilder<ReportJob> job)
    {
        job.ToTable("report_jobs");
        job.HasKey(j => new { j.RunId, j.Attempt });
        job.Property(j => j.State).HasConversion<string>().HasMaxLength(16);
        job.HasIndex(j => new { j.State, j.RequestedAt }); // the next one to build
        job.HasIndex(j => new { j.TestItemId, j.State }); // whether another of the item is being built
    }
}

internal sealed class ReportHistoryConfiguration : IEntityTypeConfiguration<ReportHistory>
{
    public void Configure(EntityTypeBuilder<ReportHistory> history)
    {
        history.ToTable("report_histories");
        history.HasKey(h => h.TestItemId);
        history.Property(h => h.TestItemId).ValueGeneratedNever();
    }
}
