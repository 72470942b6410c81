namespace Orbit.ControlPlane.Settings;

/// <summary>Every setting there is. Read one with <see cref="SettingsSnapshot.Get"/>.</summary>
internal static class SettingCatalog
{
    private const long Gigabyte = 1024L * 1024 * 1024;
    private const long Day = 86_400;

    public static readonly Setting<string> ProjectName = Setting.Line(
        "project_name", "Name of this installation, shown in pages and mails.", "Orbit", longest: 100);

    public static readonly Setting<string> PackageDownloadBaseUrl = Setting.BaseUrl(
        "package_download_base_url", "Address of the package server; a build's package path is appended to it. Empty: runs that download are refused.");

    public static readonly Setting<bool> SingleSession = Setting.Flag(
        "single_session", "Whether signing in ends the person's older sessions.", true);

    public static readonly Setting<long> SessionLifetimeHours = Setting.Number(
        "session_lifetime_h", "Hours after its last use at which a session ends; 30 days after signing in it ends in any case.", 24, 1, 720);

    public static readonly Setting<bool> BindSessionToAddress = Setting.Flag(
        "bind_session_to_address", "Whether a session holds only for the address it was signed in from.", false);

    public static readonly Setting<bool> NotifyNewAddress = Setting.Flag(
        "notify_new_address", "Whether a person is mailed when they sign in from an address they have not used in 90 days.", false);

    public static readonly Setting<string> DefaultRole = Setting.Choice(
        "default_role", "Role of somebody who signs in by address for the first time.", "user", "viewer", "user");

    public static readonly Setting<long> ApiTokenMaxDays = Setting.Number(
        "api_token_max_days", "Longest time an API token may be valid, in days. Tokens that are there keep theirs.", 365, 1, 3650);

    public static readonly Setting<long> WebhookRateLimit = Setting.Number(
        "webhook_rate_limit_per_min", "Builds that one address may announce in a minute; 0 for no limit.", 0, 0, 1_000_000);

    public static readonly Setting<long> AutoSyncIntervalSeconds = Setting.Number(
        "auto_sync_interval_s", "Pause between two automatic selections of a job's newest build where the job names none, in seconds. Jobs that are there keep theirs.", Day, 60, 30 * Day);

    public static readonly Setting<long> DownloadTimeoutSeconds = Setting.Number(
        "download_timeout_s", "Longest time the download step may take, in seconds.", 1800, 10, Day);

    public static readonly Setting<long> ExtractTimeoutSeconds = Setting.Number(
        "extract_timeout_s", "Longest time the extract step may take, in seconds.", 600, 10, Day);

    public static readonly Setting<long> StopTimeoutSeconds = Setting.Number(
        "stop_timeout_s", "Longest time a service may take to stop, in seconds.", 60, 1, 3600);

    public static readonly Setting<long> StartTimeoutSeconds = Setting.Number(
        "start_timeout_s", "Longest time a service's start command may take, in seconds.", 60, 1, 3600);

    public static readonly Setting<long> HealthTimeoutSeconds = Setting.Number(
        "health_timeout_s", "Longest time until a started service must be healthy, in seconds.", 30, 1, 3600);

    public static readonly Setting<long> TestTimeoutSeconds = Setting.Number(
        "test_timeout_s", "Longest time the test step may take, in seconds.", 10_800, 10, 7 * Day);

    public static readonly Setting<long> RunTimeoutSeconds = Setting.Number(
        "run_timeout_s", "Longest time a whole run may take on its host, in seconds.", 14_400, 60, 14 * Day);

    public static readonly Setting<long> ArchiveMaxEntries = Setting.Number(
        "archive_max_entries", "Most entries a package archive may hold.", 200_000, 1, 10_000_000);

    public static readonly Setting<long> ArchiveMaxBytes = Setting.Number(
        "archive_max_bytes", "Most bytes a package may hold unpacked.", 20 * Gigabyte, 1024, 1024 * Gigabyte);

    public static readonly Setting<long> ArchiveMaxRatio = Setting.Number(
        "archive_max_ratio", "Highest ratio of unpacked to packed bytes of a package.", 200, 1, 10_000);

    public static readonly Setting<long> LogMaxBytesPerStep = Setting.Number(
        "log_max_bytes_per_step", "Log bytes kept of one step; what follows is counted but not kept.", 2 * Gigabyte, 64 * 1024, 100 * Gigabyte);

    public static readonly Setting<long> ResultsMaxBytes = Setting.Number(
        "results_max_bytes", "Most bytes of result files one attempt may send.", 4 * Gigabyte, 1024 * 1024, 1024 * Gigabyte);

    public static readonly Setting<long> ResultsMaxFiles = Setting.Number(
        "results_max_files", "Most result files one attempt may send.", 200_000, 1, 10_000_000);

    public static readonly Setting<long> ReportWaitSeconds = Setting.Number(
        "report_wait_s", "How long a run waits for the rest of its logs and results before it is reported as incomplete, in seconds.", 300, 1, Day);

    public static readonly Setting<long> ReportHistoryLimit = Setting.Number(
        "report_history_limit", "Earlier runs of a test item that its report's history reaches back to.", 20, 1, 500);

    public static readonly Setting<long> BookingMaxHours = Setting.Number(
        "booking_max_h", "Longest time a host or a service may be booked for, in hours.", 24, 1, 720);

    /// <summary>All of them by key.</summary>
    public static readonly IReadOnlyDictionary<string, Setting> All = new SortedDictionary<string, Setting>(
        typeof(SettingCatalog).GetFields()
            .Select(field => field.GetValue(null))
            .OfType<Setting>()
            .ToDictionary(setting => setting.Key),
        StringComparer.Ordinal);
}
