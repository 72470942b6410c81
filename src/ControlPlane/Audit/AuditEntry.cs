using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Audit;

/// <summary>Who did what to which object. Rows are only ever added, in the transaction of the deed.</summary>
internal sealed class AuditEntry
{
    /// <summary>Time-ordered UUID.</summary>
    public Guid Id { get; init; }

    /// <summary>Whole days since 1970-01-01 UTC.</summary>
    public int Day { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Address of the person, or a fixed name such as <c>webhook</c>. Without a password it is what the caller claimed.</summary>
    public string Who { get; init; } = "";

    /// <summary>What was done, e.g. <c>login.failed</c>, <c>setting.changed</c>.</summary>
    public string Action { get; init; } = "";

    /// <summary>To what, e.g. <c>session:0190…</c>, <c>setting:project_name</c>.</summary>
    public string Object { get; init; } = "";

    /// <summary>How it was before, JSON with secrets masked; null when it was not there.</summary>
    public string? Old { get; init; }

    /// <summary>How it is now, JSON with secrets masked; null when it is gone.</summary>
    public string? New { get; init; }

    /// <summary>Address the call came from; empty when unknown.</summary>
    public string RemoteAddress { get; init; } = "";
}

internal sealed class AuditConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> entry)
    {
        entry.ToTable("audit");
        entry.HasKey(e => new { e.Day, e.Id });
        entry.Property(e => e.Who).HasMaxLength(254);
        entry.Property(e => e.Action).HasMaxLength(64);
        entry.Property(e => e.Object).HasMaxLength(400);
        entry.Property(e => e.RemoteAddress).HasMaxLength(64);
        entry.HasIndex(e => new { e.Object, e.Id }); // an object's history
        entry.HasIndex(e => new { e.Who, e.Id }); // what a person did
        entry.PartitionByDay("day");
    }
}
