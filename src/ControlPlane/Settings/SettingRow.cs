using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Settings;

/// <summary>A setting that somebody changed; one that has its default has no row.</summary>
internal sealed class SettingRow
{
    public string Key { get; init; } = "";

    /// <summary>JSON.</summary>
    public string Value { get; init; } = "";

    public string UpdatedBy { get; init; } = "";
    public DateTimeOffset UpdatedAt { get; init; }
}

internal sealed class SettingConfiguration : IEntityTypeConfiguration<SettingRow>
{
    public void Configure(EntityTypeBuilder<SettingRow> setting)
    {
        setting.ToTable("settings");
        setting.HasKey(s => s.Key);
        setting.Property(s => s.Key).HasMaxLength(64);
        setting.Property(s => s.Value).HasMaxLength(8192);
        setting.Property(s => s.UpdatedBy).HasMaxLength(254);
    }
}

internal static class SettingQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<SettingRow> Settings => database.Set<SettingRow>();
    }
}
