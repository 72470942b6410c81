using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Triggers;

internal sealed class TriggerRuleConfiguration : IEntityTypeConfiguration<TriggerRule>
{
    public void Configure(EntityTypeBuilder<TriggerRule> rule)
    {
        rule.ToTable("trigger_rules");
        rule.HasKey(r => r.Id);
        rule.Property(r => r.Kind).HasConversion<string>().HasMaxLength(16);
        rule.Property(r => r.Cron).HasMaxLength(Schedule.LongestCron);
        rule.Property(r => r.TimeZone).HasMaxLength(100);
        rule.Property(r => r.LastError).HasMaxLength(1000);
        rule.Property(r => r.CreatedBy).HasMaxLength(254);
        rule.Property(r => r.Revision).IsConcurrencyToken();
        rule.Ignore(r => r.Name);
        rule.HasIndex(r => r.NextAt).HasFilter("next_at IS NOT NULL"); // what is due
        rule.HasOne<TestItem>().WithMany().HasForeignKey(r => r.TestItemId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class TriggerFiringConfiguration : IEntityTypeConfiguration<TriggerFiring>
{
    public void Configure(EntityTypeBuilder<TriggerFiring> firing)
    {
        firing.ToTable("trigger_firings");
        firing.HasKey(f => f.Id);
        firing.Property(f => f.Key).HasMaxLength(64);
        firing.HasIndex(f => new { f.RuleId, f.Key }).IsUnique(); // an occurrence counts once
        firing.HasIndex(f => f.NextTryAt).HasFilter("next_try_at IS NOT NULL"); // what is to be triggered
        firing.HasIndex(f => f.CreatedAt); // old ones
        firing.HasOne<TriggerRule>().WithMany().HasForeignKey(f => f.RuleId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class TriggerCursorConfiguration : IEntityTypeConfiguration<TriggerCursor>
{
    public void Configure(EntityTypeBuilder<TriggerCursor> cursor)
    {
        cursor.ToTable("trigger_cursors");
        cursor.HasKey(c => c.Name);
        cursor.Property(c => c.Name).HasMaxLength(16);
    }
}
