using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Settings;

/// <summary>Settings between the domain and the wire.</summary>
internal static class SettingMapping
{
    /// <summary>Every setting, changed or not, by key.</summary>
    public static IEnumerable<Wire.Setting> ToWire(this IReadOnlyCollection<SettingRow> changed, ISecretBox secrets)
    {
        Dictionary<string, SettingRow> rows = changed.ToDictionary(r => r.Key, StringComparer.Ordinal);
        foreach (Setting setting in SettingCatalog.All.Values)
        {
            SettingRow? row = rows.GetValueOrDefault(setting.Key);
            object? value = row is null ? null : SettingsSnapshot.Accepted(setting, row.Value, secrets);
            yield return ToWire(setting, row, value);
        }
    }

    /// <summary>Wanted values by key; null where the default is wanted.</summary>
    public static Dictionary<string, JsonElement?> ToValues(this Struct? settings) =>
        (settings?.Fields ?? []).ToDictionary(
            field => field.Key,
            field => field.Value.KindCase is Value.KindOneofCase.NullValue or Value.KindOneofCase.None ? null : ToJson(field.Value),
            StringComparer.Ordinal);

    private static Wire.Setting ToWire(Setting setting, SettingRow? row, object? value)
    {
        bool secret = setting.Type is SettingType.Secret;
        var wire = new Wire.Setting
        {
            Key = setting.Key,
            Description = $"{setting.Description} Allowed: {setting.Allowed}.",
            Default = secret ? null : ToValue(setting.DefaultJson),
            Value = secret ? null : ToValue(value is null ? setting.DefaultJson : JsonSerializer.SerializeToNode(value)!),
            UpdatedBy = row?.UpdatedBy ?? "",
            UpdatedAt = row is null ? null : Timestamp.FromDateTimeOffset(row.UpdatedAt),
            Type = setting.Type switch
            {
                SettingType.Number => Wire.SettingType.Number,
                SettingType.Flag => Wire.SettingType.Flag,
                SettingType.Text => Wire.SettingType.Text,
                SettingType.Choice => Wire.SettingType.Choice,
                SettingType.Secret => Wire.SettingType.Secret,
                _ => Wire.SettingType.Unspecified,
            },
            Allowed = setting.Allowed,
            Choices = { setting.Choices },
            IsChanged = value is not null,
        };
        if (setting.Range is { } range)
        {
            (wire.Minimum, wire.Maximum) = (range.Least, range.Most);
        }

        return wire;
    }

    private static JsonElement? ToJson(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue when !double.IsFinite(value.NumberValue) => JsonSerializer.SerializeToElement("not a number"),
        Value.KindOneofCase.NumberValue => JsonSerializer.SerializeToElement(value.NumberValue),
        Value.KindOneofCase.StringValue => JsonSerializer.SerializeToElement(value.StringValue),
        Value.KindOneofCase.BoolValue => JsonSerializer.SerializeToElement(value.BoolValue),
        _ => JsonSerializer.SerializeToElement(JsonFormatter.Default.Format(value)), // no setting is a list or an object
    };

    private static Value ToValue(JsonNode json) => json.GetValueKind() switch
    {
        JsonValueKind.True => Value.ForBool(true),
        JsonValueKind.False => Value.ForBool(false),
        JsonValueKind.Number => Value.ForNumber(json.Deserialize<double>()),
        _ => Value.ForString(json.GetValue<string>()),
    };
}
