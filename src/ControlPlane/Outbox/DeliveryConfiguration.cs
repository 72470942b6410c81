using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Outbox;

internal sealed class DeliveryConfiguration : IEntityTypeConfiguration<Delivery>
{
    public void Configure(EntityTypeBuilder<Delivery> delivery)
    {
        delivery.ToTable("deliveries");
        delivery.HasKey(d => d.Id);
        delivery.Property(d => d.Id).ValueGeneratedNever();
        delivery.Property(d => d.Kind).HasConversion<string>().HasMaxLength(16);
        delivery.Property(d => d.State).HasConversion<string>().HasMaxLength(16);
        delivery.Property(d => d.Target).HasMaxLength(2000);
        delivery.Property(d => d.Subject).HasMaxLength(500);
        delivery.Property(d => d.LastError).HasMaxLength(1000);
        delivery.Ignore(d => d.IsResendable);
        delivery.HasIndex(d => d.NextTryAt).HasFilter("next_try_at IS NOT NULL"); // what is due
        delivery.HasIndex(d => new { d.State, d.Id }); // dead letters
        delivery.HasIndex(d => d.RunId); // what a run made
    }
}

internal sealed class NoticeConfiguration : IEntityTypeConfiguration<Notice>
{
    public void Configure(EntityTypeBuilder<Notice> notice)
    {
        notice.ToTable("notices");
        notice.HasKey(n => n.Id);
    }
}
