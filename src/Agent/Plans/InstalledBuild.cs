namespace Orbit.Agent.Plans;

/// <summary>What the agent has installed of a service.</summary>
/// <param name="Service">Name of the service.</param>
/// <param name="BuildId">Build; 0 when it came without one.</param>
/// <param name="BuildName">Words for the build.</param>
/// <param name="RunId">Run that installed it.</param>
/// <param name="ManifestHash">Hash over the installed files; empty when it was put back and not counted again.</param>
/// <param name="InstalledAt">Time, UTC.</param>
/// <param name="Backup">Directory of the backup that holds what was there before; empty for a first installation.</param>
/// <param name="Work">The deployment, as the plan said it (base64 of its message), so that it can be undone by hand.</param>
/// <param name="Before">What was installed before, as far back as there are backups.</param>
internal sealed record InstalledBuild(
    string Service, long BuildId, string BuildName, long RunId, string ManifestHash, DateTimeOffset InstalledAt, string Backup, string Work, InstalledBuild? Before);
