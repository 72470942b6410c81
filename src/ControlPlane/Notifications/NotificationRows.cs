using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Notifications;

/// <summary>When one person is told about runs that they triggered.</summary>
internal sealed class NotificationChoice
{
    /// <summary>The person's address.</summary>
    public string Email { get; init; } = "";

    public NotifyRule Rule { get; set; }

    /// <summary><c>en</c> or <c>zh</c>; empty: the server's.</summary>
    public string Language { get; set; } = "";
}

/// <summary>A POST about ends of runs, to an address that an admin named.</summary>
internal sealed class Webhook
{
    public long Id { get; private set; }
    public string Url { get; init; } = "";

    /// <summary>Encrypted; signs the bodies.</summary>
    public byte[] Secret { get; set; } = [];

    /// <summary>Only runs of this item; null: all.</summary>
    public long? TestItemId { get; init; }

    public NotifyRule Rule { get; init; }
    public string CreatedBy { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class NotificationChoiceConfiguration : IEntityTypeConfiguration<NotificationChoice>
{
    public void Configure(EntityTypeBuilder<NotificationChoice> choice)
    {
        choice.ToTable("notification_choices");
        choice.HasKey(c => c.Email);
        choice.Property(c => c.Email).HasMaxLength(254);
        choice.Property(c => c.Rule).HasConversion<string>().HasMaxLength(16);
        choice.Property(c => c.Language).HasMaxLength(8);
    }
}

internal sealed class WebhookConfiguration : IEntityTypeConfiguration<Webhook>
{
    public void Configure(EntityTypeBuilder<Webhook> webhook)
    {
        webhook.ToTable("webhooks");
        webhook.HasKey(w => w.Id);
        webhook.Property(w => w.Url).HasMaxLength(2000);
        webhook.Property(w => w.Rule).HasConversion<string>().HasMaxLength(16);
        webhook.Property(w => w.CreatedBy).HasMaxLength(254);
        webhook.HasOne<TestItem>().WithMany().HasForeignKey(w => w.TestItemId).OnDelete(DeleteBehavior.Cascade);
    }
}
