using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Settings;

/// <summary>Changes settings, all or none.</summary>
internal sealed class SettingCommands(OrbitStore store, SettingsSnapshot snapshot, ISecretBox secrets, TimeProvider time)
{
    /// <summary>Gives settings new values.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="wanted">New values by key; null goes back to the default.</param>
    /// <param name="ct">Cancels before the commit.</param>
    public async Task UpdateAsync(Caller caller, IReadOnlyDictionary<string, JsonElement?> wanted, CancellationToken ct)
    {
        List<(Setting Setting, JsonNode? Value)> changes = Check(wanted);
        await store.WriteAsync(
            async (database, token) =>
            {
                // One order for everybody, so that two changes never wait for each other in a circle.
                foreach ((Setting setting, JsonNode? value) in changes.OrderBy(c => c.Setting.Key, StringComparer.Ordinal))
                {
                    await ApplyAsync(database, caller, setting, value, token);
                }

                database.RaiseAfterCommit(Topics.Settings);
            },
            ct);
        await snapshot.RefreshAsync(ct);
    }

    /// <summary>Sets settings back to their defaults.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="keys">Which.</param>
    /// <param name="all">True: every setting, and <paramref name="keys"/> is empty.</param>
    /// <param name="ct">Cancels before the commit.</param>
    /// <exception cref="OrbitException">SETTING_UNKNOWN; SETTING_INVALID unless either keys or all is given.</exception>
    public Task ResetAsync(Caller caller, IReadOnlyCollection<string> keys, bool all, CancellationToken ct)
    {
        if (all == keys.Count > 0)
        {
            throw OrbitException.Invalid("SETTING_INVALID", "Name the settings to reset in keys, or send all = true without keys.");
        }

        return UpdateAsync(caller, (all ? SettingCatalog.All.Keys : keys).Distinct(StringComparer.Ordinal).ToDictionary(key => key, _ => (JsonElement?)null), ct);
    }

    private static List<(Setting Setting, JsonNode? Value)> Check(IReadOnlyDictionary<string, JsonElement?> wanted)
    {
        var changes = new List<(Setting Setting, JsonNode? Value)>();
        var wrong = new Dictionary<string, string>(StringComparer.Ordinal);
        bool unknown = false;
        foreach ((string key, JsonElement? value) in wanted)
        {
            if (!SettingCatalog.All.TryGetValue(key, out Setting? setting))
            {
                unknown = true;
                wrong[key] = "is no setting";
            }
            else if (value is null)
            {
                changes.Add((setting, null));
            }
            else if (setting.Accept(value.Value) is { } accepted)
            {
                changes.Add((setting, JsonSerializer.SerializeToNode(accepted)));
            }
            else
            {
                wrong[key] = $"must be {setting.Allowed}";
            }
        }

        if (wrong.Count == 0)
        {
            return changes;
        }

        string message = $"Nothing was changed: {string.Join("; ", wrong.Select(w => $"{w.Key} {w.Value}"))}.";
        throw unknown
            ? new OrbitException(Refusal.Invalid, "SETTING_UNKNOWN", message) { Details = wrong }
            : new OrbitException(Refusal.Invalid, "SETTING_INVALID", message) { Details = wrong };
    }

    private async Task ApplyAsync(OrbitDbContext database, Caller caller, Setting setting, JsonNode? value, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        string? stored = await database.Settings.AsNoTracking().Where(s => s.Key == setting.Key).Select(s => s.Value).SingleOrDefaultAsync(ct);
        bool secret = setting.Type is SettingType.Secret;
        JsonNode? before = stored is null ? null : secret ? JsonValue.Create((string)SettingsSnapshot.Accepted(setting, stored, secrets)!) : JsonNode.Parse(stored);
        if (before?.ToJsonString() == value?.ToJsonString())
        {
            return;
        }

        if (value is null)
        {
            await database.RunAsync("DELETE FROM settings WHERE key = @p0", [setting.Key], ct);
        }
        else
        {
            await database.RunAsync(
                """
                INSERT INTO settings (key, value, updated_by, updated_at) VALUES (@p0, @p1, @p2, @p3)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_by = excluded.updated_by, updated_at = excluded.updated_at
                """,
                [setting.Key, Stored(setting, value), caller.Name, now],
                ct);
        }

        database.Audit(caller, now, "setting.changed", $"setting:{setting.Key}", Audited(setting, before), Audited(setting, value));
    }

    private string Stored(Setting setting, JsonNode value) =>
        setting.Type is SettingType.Secret
            ? JsonSerializer.Serialize(secrets.Protect(value.GetValue<string>(), setting.SecretOwner))
            : value.ToJsonString();

    private static JsonNode Audited(Setting setting, JsonNode? value) =>
        value is null ? setting.DefaultJson : setting.Type is SettingType.Secret ? JsonValue.Create("***") : value;
}
