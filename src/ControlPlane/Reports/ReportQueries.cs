using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Reports;

internal static class ReportQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Report> Reports => database.Set<Report>();

        public DbSet<ReportJob> ReportJobs => database.Set<ReportJob>();

        public DbSet<ReportHistory> ReportHistories => database.Set<ReportHistory>();
    }

    /// <summary>The newest report of a run; null when there is none. Served by the primary key.</summary>
    public static Task<Report?> ReportOfAsync(this OrbitDbContext database, long runId, CancellationToken ct) =>
        database.Reports.AsNoTracking().SingleOrDefaultAsync(r => r.RunId == runId, ct);
}

/// <summary>Names of the slice's topics.</summary>
internal static class ReportTopics
{
    /// <summary>A report is wanted.</summary>
    public const string Wanted = "report-wanted";
}
