using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

internal sealed class ApiItemConfiguration : IEntityTypeConfiguration<ApiItem>
{
    public void Configure(EntityTypeBuilder<ApiItem> item)
    {
        item.ToTable("api_items");
        item.HasKey(i => i.Id);
        item.Property(i => i.Kind).HasConversion<string>().HasMaxLength(8);
        item.Property(i => i.Name).HasMaxLength(200);
        item.Property(i => i.Folder).HasMaxLength(400);
        item.Property(i => i.Tags).HasMaxLength(2000);
        item.Property(i => i.State).HasConversion<string>().HasMaxLength(8);
        item.Property(i => i.Visibility).HasConversion<string>().HasMaxLength(8);
        item.Property(i => i.Owner).HasMaxLength(254);
        item.Property(i => i.UpdatedBy).HasMaxLength(254);
        item.Property(i => i.Revision).IsConcurrencyToken();
        item.Ignore(i => i.TagList);
        item.HasIndex(i => new { i.Kind, i.Name }).IsUnique(); // lists by name; names are unique among a kind
    }
}

internal sealed class ApiItemVersionConfiguration : IEntityTypeConfiguration<ApiItemVersion>
{
    public void Configure(EntityTypeBuilder<ApiItemVersion> version)
    {
        version.ToTable("api_item_versions");
        version.HasKey(v => new { v.ItemId, v.Version });
        version.Property(v => v.ChangedBy).HasMaxLength(254);
    }
}

internal sealed class ApiEnvironmentConfiguration : IEntityTypeConfiguration<ApiEnvironment>
{
    public void Configure(EntityTypeBuilder<ApiEnvironment> environment)
    {
        environment.ToTable("api_environments");
        environment.HasKey(e => e.Id);
        environment.Property(e => e.Name).HasMaxLength(200);
        environment.Property(e => e.UpdatedBy).HasMaxLength(254);
        environment.Property(e => e.Revision).IsConcurrencyToken();
        environment.HasIndex(e => e.Name).IsUnique();
    }
}

internal sealed class ApiDatasetConfiguration : IEntityTypeConfiguration<ApiDataset>
{
    public void Configure(EntityTypeBuilder<ApiDataset> dataset)
    {
        dataset.ToTable("api_datasets");
        dataset.HasKey(d => d.Id);
        dataset.Property(d => d.Name).HasMaxLength(200);
        dataset.Property(d => d.UpdatedBy).HasMaxLength(254);
        dataset.Property(d => d.Revision).IsConcurrencyToken();
        dataset.HasIndex(d => d.Name).IsUnique();
    }
}

internal sealed class ApiDatasetRowConfiguration : IEntityTypeConfiguration<ApiDatasetRow>
{
    public void Configure(EntityTypeBuilder<ApiDatasetRow> row)
    {
        row.ToTable("api_dataset_rows");
        row.HasKey(r => new { r.DatasetId, r.Number });
        row.Property(r => r.Name).HasMaxLength(200);
    }
}

internal sealed class ApiBatchConfiguration : IEntityTypeConfiguration<ApiBatch>
{
    public void Configure(EntityTypeBuilder<ApiBatch> batch)
    {
        batch.ToTable("api_batches");
        batch.HasKey(b => b.Id);
        batch.Property(b => b.Name).HasMaxLength(200);
        batch.Property(b => b.Status).HasConversion<string>().HasMaxLength(12);
        batch.Property(b => b.RequestedBy).HasMaxLength(254);
        batch.Property(b => b.IdempotencyKey).HasMaxLength(128);
        batch.Property(b => b.Environment).HasMaxLength(200);
        batch.Property(b => b.Revision).IsConcurrencyToken();
        batch.Ignore(b => b.ConcurrencyNow);
        batch.Ignore(b => b.Scope);
        batch.HasIndex(b => new { b.Status, b.Id }); // what is active
        batch.HasIndex(b => b.RunId).HasFilter("run_id IS NOT NULL"); // a run's gate
        batch.HasIndex(b => new { b.Name, b.Id }); // trend and comparison
        batch.HasIndex(b => new { b.RequestedBy, b.IdempotencyKey }).IsUnique(); // a repeated creation; null keys never collide
    }
}

internal sealed class ApiFileConfiguration : IEntityTypeConfiguration<ApiFile>
{
    public void Configure(EntityTypeBuilder<ApiFile> file)
    {
        file.ToTable("api_files");
        file.HasKey(f => f.Name);
        file.Property(f => f.Name).HasMaxLength(200);
        file.Property(f => f.Folder).HasMaxLength(400);
        file.Property(f => f.Visibility).HasConversion<string>().HasMaxLength(12);
        file.Property(f => f.Owner).HasMaxLength(254);
        file.Property(f => f.Sha256).HasMaxLength(64);
        file.Property(f => f.UpdatedBy).HasMaxLength(254);
        file.Property(f => f.Revision).IsConcurrencyToken();
        file.HasIndex(f => f.BlobId); // whether a blob is still named
    }
}

internal sealed class ApiBatchFileConfiguration : IEntityTypeConfiguration<ApiBatchFile>
{
    public void Configure(EntityTypeBuilder<ApiBatchFile> file)
    {
        file.ToTable("api_batch_files");
        file.HasKey(f => new { f.BatchId, f.Name });
        file.Property(f => f.Name).HasMaxLength(200);
        file.Property(f => f.Sha256).HasMaxLength(64);
        file.HasIndex(f => f.BlobId); // whether a blob is still named
    }
}

internal sealed class ApiFolderRoleConfiguration : IEntityTypeConfiguration<ApiFolderRole>
{
    public void Configure(EntityTypeBuilder<ApiFolderRole> role)
    {
        role.ToTable("api_folder_roles");
        role.HasKey(r => new { r.Folder, r.Person });
        role.Property(r => r.Folder).HasMaxLength(400);
        role.Property(r => r.Person).HasMaxLength(254);
        role.Property(r => r.Role).HasConversion<string>().HasMaxLength(12);
        role.Property(r => r.UpdatedBy).HasMaxLength(254);
    }
}

internal sealed class ApiPoolConfiguration : IEntityTypeConfiguration<ApiPool>
{
    public void Configure(EntityTypeBuilder<ApiPool> pool)
    {
        pool.ToTable("api_pools");
        pool.HasKey(p => p.Name);
        pool.Property(p => p.Name).HasMaxLength(100);
        pool.Property(p => p.Description).HasMaxLength(500);
        pool.Property(p => p.UpdatedBy).HasMaxLength(254);
        pool.Property(p => p.Revision).IsConcurrencyToken();
    }
}

internal sealed class ApiBatchRowConfiguration : IEntityTypeConfiguration<ApiBatchRow>
{
    public void Configure(EntityTypeBuilder<ApiBatchRow> row)
    {
        row.ToTable("api_batch_rows");
        row.HasKey(r => new { r.BatchId, r.RowNo });
        row.Property(r => r.Target).HasMaxLength(200);
        row.Property(r => r.Name).HasMaxLength(200);
        row.Property(r => r.Outcome).HasConversion<string>().HasMaxLength(12);
        row.HasIndex(r => new { r.BatchId, r.RowNo }).HasDatabaseName("ix_api_batch_rows_pending").HasFilter("outcome IS NULL AND piece_id IS NULL"); // what is to be given out
        row.HasIndex(r => r.PieceId).HasFilter("piece_id IS NOT NULL"); // rows of a piece
    }
}

internal sealed class ApiBatchAttemptConfiguration : IEntityTypeConfiguration<ApiBatchAttempt>
{
    public void Configure(EntityTypeBuilder<ApiBatchAttempt> attempt)
    {
        attempt.ToTable("api_batch_attempts");
        attempt.HasKey(a => new { a.BatchId, a.RowNo, a.Attempt });
        attempt.Property(a => a.Outcome).HasConversion<string>().HasMaxLength(12);
        attempt.Property(a => a.FailureClass).HasMaxLength(24);
        attempt.Property(a => a.Fingerprint).HasMaxLength(24);
        attempt.Property(a => a.AgentName).HasMaxLength(100);
    }
}

internal sealed class ApiBatchPieceConfiguration : IEntityTypeConfiguration<ApiBatchPiece>
{
    public void Configure(EntityTypeBuilder<ApiBatchPiece> piece)
    {
        piece.ToTable("api_batch_pieces");
        piece.HasKey(p => p.Id);
        piece.Property(p => p.Id).ValueGeneratedNever();
        piece.HasIndex(p => p.Pools).HasFilter("pools <> ''"); // what holds places
        piece.HasIndex(p => p.BatchId); // what a batch has under way
    }
}

internal sealed class ApiBatchEventConfiguration : IEntityTypeConfiguration<ApiBatchEvent>
{
    public void Configure(EntityTypeBuilder<ApiBatchEvent> happened)
    {
        happened.ToTable("api_batch_events");
        happened.HasKey(e => new { e.BatchId, e.Seq });
    }
}

internal sealed class FailureNoteConfiguration : IEntityTypeConfiguration<FailureNote>
{
    public void Configure(EntityTypeBuilder<FailureNote> note)
    {
        note.ToTable("api_failure_notes");
        note.HasKey(n => n.Fingerprint);
        note.Property(n => n.Fingerprint).HasMaxLength(24);
        note.Property(n => n.Text).HasMaxLength(2000);
        note.Property(n => n.Issue).HasMaxLength(500);
        note.Property(n => n.AssignedTo).HasMaxLength(254);
        note.Property(n => n.UpdatedBy).HasMaxLength(254);
        note.Property(n => n.BatchOwner).HasMaxLength(254);
        note.Ignore(n => n.Scope);
    }
}

internal sealed class ApiBatchScheduleConfiguration : IEntityTypeConfiguration<ApiBatchSchedule>
{
    public void Configure(EntityTypeBuilder<ApiBatchSchedule> schedule)
    {
        schedule.ToTable("api_batch_schedules");
        schedule.HasKey(s => s.Id);
        schedule.Property(s => s.Name).HasMaxLength(200);
        schedule.Property(s => s.Cron).HasMaxLength(Schedule.LongestCron);
        schedule.Property(s => s.TimeZone).HasMaxLength(100);
        schedule.Property(s => s.Owner).HasMaxLength(254);
        schedule.Property(s => s.LastProblem).HasMaxLength(2000);
        schedule.Property(s => s.Revision).IsConcurrencyToken();
        schedule.HasIndex(s => s.Name).IsUnique();
        schedule.HasIndex(s => s.NextAt).HasFilter("next_at IS NOT NULL"); // what is due
    }
}
