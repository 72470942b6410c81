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

    public static readonly Setting<long> RetentionRunsDays = Setting.Number(
        "retention_runs_days", "Days after which ended runs are deleted with all that hangs on them, unless somebody keeps them.", 180, 1, 3650);

    public static readonly Setting<long> RetentionLogsDays = Setting.Number(
        "retention_logs_days", "Days after which logs and result files of ended runs are deleted, unless somebody keeps the run; numbers, tests and reports stay.", 60, 1, 3650);

    public static readonly Setting<long> RetentionBuildsDays = Setting.Number(
        "retention_builds_days", "Days after which builds are deleted that no run tested, no job has selected and nobody keeps.", 180, 1, 3650);

    public static readonly Setting<long> RetentionAuditDays = Setting.Number(
        "retention_audit_days", "Days after which audit entries are deleted.", 730, 30, 3650);

    public static readonly Setting<long> RetentionDeliveriesDays = Setting.Number(
        "retention_deliveries_days", "Days after which mails and messages are deleted that were sent or given up.", 30, 1, 3650);

    public static readonly Setting<long> RetentionBatchRecordsDays = Setting.Number(
        "retention_batch_records_days", "Days after which what ended batches sent and received is deleted; outcomes, reasons and times stay.", 30, 1, 3650);

    public static readonly Setting<long> RetentionBatchesDays = Setting.Number(
        "retention_batches_days", "Days after which ended batches are deleted with all that hangs on them.", 180, 1, 3650);

    public static readonly Setting<string> SmtpHost = Setting.OptionalLine(
        "smtp_host", "Mail server that mails are handed in at. Empty: as Smtp:Host in the configuration; empty there too: no mails are sent.", 253);

    public static readonly Setting<long> SmtpPort = Setting.Number(
        "smtp_port", "Port of smtp_host; 0: 465 with tls, 587 with starttls, 25 with none. Counts only where smtp_host is set.", 0, 0, 65_535);

    public static readonly Setting<string> SmtpSecurity = Setting.Choice(
        "smtp_security", "How the connection to smtp_host is protected; tls is protected from the first byte. Counts only where smtp_host is set.", "starttls", "starttls", "tls", "none");

    public static readonly Setting<string> SmtpUsername = Setting.OptionalLine(
        "smtp_username", "User name at smtp_host; empty: no sign-in. Counts only where smtp_host is set.", 254);

    public static readonly Setting<string> SmtpPassword = Setting.Secret(
        "smtp_password", "Password of smtp_username.", 1000);

    public static readonly Setting<string> MailFrom = Setting.OptionalLine(
        "mail_from", "Address that mails come from. Empty: as Smtp:From in the configuration.", 254);

    public static readonly Setting<string> MailLanguage = Setting.Choice(
        "mail_language", "Language of mails to people who chose none: English or Chinese.", "en", "en", "zh");

    public static readonly Setting<string> CallbackAllowedHosts = Setting.OptionalLine(
        "callback_allowed_hosts",
        "Hosts that webhooks and status messages may go to, separated by commas: names, *.name for all below it, or addresses, each with :port or without. Empty: nothing is sent.",
        2000);

    public static readonly Setting<string> JenkinsUser = Setting.OptionalLine(
        "jenkins_user", "User that sets the description of Jenkins builds; empty: descriptions are not set.", 254);

    public static readonly Setting<string> JenkinsToken = Setting.Secret(
        "jenkins_token", "API token of jenkins_user.", 1000);

    public static readonly Setting<string> GitHubApiUrl = Setting.BaseUrl(
        "github_api_url", "Address of GitHub's API for commit statuses; empty: https://api.github.com/.");

    public static readonly Setting<string> GitHubToken = Setting.Secret(
        "github_token", "Token that may set commit statuses on GitHub; empty: none are set.", 1000);

    public static readonly Setting<long> BookingMaxHours = Setting.Number(
        "booking_max_h", "Longest time a host or a service may be booked for, in hours.", 24, 1, 720);
    public static readonly Setting<string> ApiForbiddenRanges = Setting.AddressRanges(
        "api_forbidden_ranges", "Addresses that no request of an API test may go to, looked at after names were resolved.", "169.254.0.0/16, fe80::/10");

    public static readonly Setting<long> ApiRecordBodyBytes = Setting.Number(
        "api_record_body_bytes", "Bytes of a request's or an answer's body that the record of an API test holds; of a longer one length and hash.", 65_536, 0, 4 * 1024 * 1024);

    public static readonly Setting<bool> AgentUpgradeAuto = Setting.Flag(
        "agent_upgrade_auto", "Whether agents are upgraded by themselves, in stages, when this control plane offers another agent package. False: when an admin begins it.", false);

    public static readonly Setting<long> AgentUpgradeCanaries = Setting.Number(
        "agent_upgrade_canaries", "Agents that are upgraded first; the others wait until these work.", 1, 0, 1000);

    public static readonly Setting<long> AgentUpgradeSharePercent = Setting.Number(
        "agent_upgrade_share_percent", "Share of all agents, in percent, that is upgraded by the end of the second stage.", 25, 1, 100);

    public static readonly Setting<long> AgentUpgradePauseSeconds = Setting.Number(
        "agent_upgrade_pause_s", "Pause between two stages of an upgrade of agents, in seconds.", 300, 0, 7 * Day);

    public static readonly Setting<string> AgentUpgradeLabels = Setting.OptionalLine(
        "agent_upgrade_labels", "Only agents with all of these labels are upgraded, as key=value with commas between them. Empty: all agents.", 2000);

    public static readonly Setting<long> AgentMinFreeBytes = Setting.Number(
        "agent_min_free_bytes", "Free space that an agent must have where it keeps its data to be given deploy tests, in bytes; 0 for no limit.", Gigabyte / 2, 0, 1024 * Gigabyte);

    public static readonly Setting<long> AgentCheckIntervalHours = Setting.Number(
        "agent_check_interval_h", "Hours after which an agent looks at its host again (disk, clock, interpreter, tools, policy, package server); 0: only when somebody asks.", 24, 0, 720);

    public static readonly Setting<long> AgentQuarantineAfter = Setting.Number(
        "agent_quarantine_after", "Deploy tests that failed of the host one after the other within a day, after which an agent gets no more work until it is resumed; 0: never.", 5, 0, 100);

    /// <summary>All of them by key.</summary>
    public static readonly IReadOnlyDictionary<string, Setting> All = new SortedDictionary<string, Setting>(
        typeof(SettingCatalog).GetFields()
            .Select(field => field.GetValue(null))
            .OfType<Setting>()
            .ToDictionary(setting => setting.Key),
        StringComparer.Ordinal);
}
