using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Runs;

/// <summary>What operators set for every plan; a parameter set may name other time limits.</summary>
internal sealed record PlanSettings
{
    /// <summary>Base address of the package server; empty while nobody set it.</summary>
    public string PackageBaseUrl { get; init; } = "";

    /// <summary>Largest package in bytes; 20 GB.</summary>
    public long MostPackageBytes { get; init; } = 20L * 1024 * 1024 * 1024;

    /// <summary>Most entries of an archive.</summary>
    public long MostEntries { get; init; } = 200_000;

    /// <summary>Most bytes an archive may unpack to; 20 GB.</summary>
    public long MostUnpackedBytes { get; init; } = 20L * 1024 * 1024 * 1024;

    /// <summary>Highest ratio of unpacked to packed bytes.</summary>
    public int HighestRatio { get; init; } = 200;

    /// <summary>Log bytes kept per step; 2 GB.</summary>
    public long MostLogBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Most bytes of results and artifacts of one attempt; 2 GB.</summary>
    public long MostReportBytes { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Most result and artifact files of one attempt.</summary>
    public int MostReportFiles { get; init; } = 100_000;

    /// <summary>Time limit of a whole run.</summary>
    public TimeSpan RunLimit { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Time limits by step.</summary>
    public IReadOnlyDictionary<string, TimeSpan> StepLimits { get; init; } = StandardLimits;

    /// <summary>The settings as they are now.</summary>
    public static PlanSettings From(SettingsSnapshot settings) => new()
    {
        PackageBaseUrl = settings.Get(SettingCatalog.PackageDownloadBaseUrl),
        MostEntries = settings.Get(SettingCatalog.ArchiveMaxEntries),
        MostUnpackedBytes = settings.Get(SettingCatalog.ArchiveMaxBytes),
        HighestRatio = (int)settings.Get(SettingCatalog.ArchiveMaxRatio),
        MostLogBytes = settings.Get(SettingCatalog.LogMaxBytesPerStep),
        MostReportBytes = settings.Get(SettingCatalog.ResultsMaxBytes),
        MostReportFiles = (int)settings.Get(SettingCatalog.ResultsMaxFiles),
        RunLimit = settings.Seconds(SettingCatalog.RunTimeoutSeconds),
        StepLimits = new Dictionary<string, TimeSpan>(StandardLimits, StringComparer.Ordinal)
        {
            ["download"] = settings.Seconds(SettingCatalog.DownloadTimeoutSeconds),
            ["extract"] = settings.Seconds(SettingCatalog.ExtractTimeoutSeconds),
            ["stop"] = settings.Seconds(SettingCatalog.StopTimeoutSeconds),
            ["start"] = settings.Seconds(SettingCatalog.StartTimeoutSeconds),
            ["health"] = settings.Seconds(SettingCatalog.HealthTimeoutSeconds),
            ["test"] = settings.Seconds(SettingCatalog.TestTimeoutSeconds),
        },
    };

    /// <summary>Time limits where nobody set others.</summary>
    public static IReadOnlyDictionary<string, TimeSpan> StandardLimits { get; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal)
    {
        ["download"] = TimeSpan.FromMinutes(30),
        ["extract"] = TimeSpan.FromMinutes(10),
        ["stop"] = TimeSpan.FromSeconds(60),
        ["backup"] = TimeSpan.FromMinutes(30),
        ["replace"] = TimeSpan.FromMinutes(30),
        ["start"] = TimeSpan.FromSeconds(60),
        ["health"] = TimeSpan.FromSeconds(30),
        ["test"] = TimeSpan.FromHours(3),
        ["report"] = TimeSpan.FromMinutes(30),
        ["rollback"] = TimeSpan.FromMinutes(30),
    };
}
