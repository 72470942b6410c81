using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Settings;

/// <summary>
/// The settings as they are now, in memory. A change shows here at once on the replica that made it, on others at the signal or within
/// <see cref="SettingsPass"/>'s pause.
/// </summary>
internal sealed class SettingsSnapshot(OrbitStore store, ISecretBox secrets, ILogger<SettingsSnapshot> log) : IBeforeStart, IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private volatile FrozenDictionary<string, object> _changed = FrozenDictionary<string, object>.Empty;

    /// <summary>The value of a setting.</summary>
    public T Get<T>(Setting<T> setting)
        where T : notnull => _changed.TryGetValue(setting.Key, out object? value) ? (T)value : setting.Default;

    /// <summary>A setting that counts seconds.</summary>
    public TimeSpan Seconds(Setting<long> setting) => TimeSpan.FromSeconds(Get(setting));

    /// <summary>Reads all of them anew.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await _oneAtATime.WaitAsync(ct); // an older read never replaces a newer one
        try
        {
            List<SettingRow> rows = await store.ReadAsync((database, token) => database.Settings.OrderBy(s => s.Key).ToListAsync(token), ct);
            _changed = rows.Select(Understand).OfType<KeyValuePair<string, object>>().ToFrozenDictionary(StringComparer.Ordinal);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct) => RefreshAsync(ct);

    /// <inheritdoc />
    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>
    /// A row of a key that this version does not know belongs to another version. A value that this version does not allow any more is said in
    /// the log, and the default holds: it is what the list of settings shows too.
    /// </summary>
    private KeyValuePair<string, object>? Understand(SettingRow row)
    {
        if (!SettingCatalog.All.TryGetValue(row.Key, out Setting? setting))
        {
            return null;
        }

        if (Accepted(setting, row.Value, secrets) is { } value)
        {
            return KeyValuePair.Create(row.Key, value);
        }

        log.StoredValueNotAllowed(row.Key, setting.Allowed);
        return null;
    }

    /// <summary>The stored value, in clear, or null when it is not allowed.</summary>
    public static object? Accepted(Setting setting, string stored, ISecretBox secrets)
    {
        using var json = JsonDocument.Parse(stored);
        return setting.Type is SettingType.Secret
            ? secrets.Unprotect(json.RootElement.GetBytesFromBase64(), setting.SecretOwner)
            : setting.Accept(json.RootElement);
    }
}

/// <summary>Reads the settings again when another replica changed them.</summary>
internal sealed class SettingsPass(SettingsSnapshot settings, TimeProvider time, Signals signals, ILogger<SettingsPass> log)
    : PeriodicPass(time, signals, log)
{
    protected override TimeSpan Pause => TimeSpan.FromSeconds(5);

    protected override IReadOnlyList<string> Hints { get; } = [Topics.Settings];

    protected override Task RunOnceAsync(CancellationToken ct) => settings.RefreshAsync(ct);
}
