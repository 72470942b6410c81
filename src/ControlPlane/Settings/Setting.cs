using System.Text.Json;
using System.Text.Json.Nodes;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Settings;

/// <summary>What kind of value a setting has.</summary>
internal enum SettingType
{
    /// <summary>A whole number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>One line of text.</summary>
    Text,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>A text that is written and never shown.</summary>
    Secret,
}

/// <summary>One value that operators change while the server runs: its name, meaning, range and default.</summary>
internal abstract class Setting
{
    /// <summary>Stable name, snake_case; a unit ends it (<c>_s</c> seconds, <c>_h</c> hours, <c>_bytes</c>).</summary>
    public required string Key { get; init; }

    /// <summary>What it does, for operators.</summary>
    public required string Description { get; init; }

    /// <summary>What is allowed, as a refusal names it.</summary>
    public required string Allowed { get; init; }

    /// <summary>What kind of value it has.</summary>
    public required SettingType Type { get; init; }

    /// <summary>Smallest and largest number; null for other kinds.</summary>
    public (long Least, long Most)? Range { get; init; }

    /// <summary>The words of a choice; empty for other kinds.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>What a stored secret is bound to.</summary>
    public string SecretOwner => $"setting:{Key}";

    /// <summary>The default as JSON.</summary>
    public abstract JsonNode DefaultJson { get; }

    /// <summary>Checks a value and brings it to its one form; null when it is not allowed.</summary>
    public abstract object? Accept(JsonElement value);

    /// <summary>A whole number.</summary>
    public static Setting<long> Number(string key, string description, long @default, long min, long max) => new()
    {
        Key = key,
        Description = description,
        Allowed = $"a whole number from {min} to {max}",
        Type = SettingType.Number,
        Range = (min, max),
        Default = @default,
        Check = value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double given)
            && double.IsInteger(given) && given >= min && given <= max ? (long)given : null,
    };

    /// <summary>Yes or no.</summary>
    public static Setting<bool> Flag(string key, string description, bool @default) => new()
    {
        Key = key,
        Description = description,
        Allowed = "true or false",
        Type = SettingType.Flag,
        Default = @default,
        Check = value => value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null },
    };

    /// <summary>One line of text.</summary>
    public static Setting<string> Line(string key, string description, string @default, int longest) => new()
    {
        Key = key,
        Description = description,
        Allowed = $"one line of 1 to {longest} characters without control characters",
        Type = SettingType.Text,
        Default = @default,
        Check = value => value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text
            && text.Length <= longest && !text.Any(char.IsControl) && TextRule.IsStorable(text) ? text : null,
    };

    /// <summary>One line of text that may be empty.</summary>
    public static Setting<string> OptionalLine(string key, string description, int longest) => new()
    {
        Key = key,
        Description = description,
        Allowed = $"one line of up to {longest} characters without control characters",
        Type = SettingType.Text,
        Default = "",
        Check = value => value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { } text
            && text.Length <= longest && !text.Any(char.IsControl) && TextRule.IsStorable(text) ? text : null,
    };

    /// <summary>One of some words.</summary>
    public static Setting<string> Choice(string key, string description, string @default, params string[] words) => new()
    {
        Key = key,
        Description = description,
        Allowed = $"one of {string.Join(", ", words)}",
        Type = SettingType.Choice,
        Choices = words,
        Default = @default,
        Check = value => value.ValueKind == JsonValueKind.String && words.Contains(value.GetString(), StringComparer.Ordinal) ? value.GetString() : null,
    };

    /// <summary>A text that is stored encrypted, never shown and masked in the audit log; empty unless somebody sets it.</summary>
    public static Setting<string> Secret(string key, string description, int longest) => new()
    {
        Key = key,
        Description = description,
        Allowed = $"a text of up to {longest} characters without control characters",
        Type = SettingType.Secret,
        Default = "",
        Check = value => value.ValueKind == JsonValueKind.String && value.GetString() is { } text
            && text.Length <= longest && !text.Any(char.IsControl) && TextRule.IsStorable(text) ? text : null,
    };

    /// <summary>Address ranges between commas or spaces.</summary>
    public static Setting<string> AddressRanges(string key, string description, string @default) => new()
    {
        Key = key,
        Description = description,
        Allowed = "address ranges such as 169.254.0.0/16, fe80::/10, or empty",
        Type = SettingType.Text,
        Default = @default,
        Check = value => value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: <= 2000 } text
            && text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).All(range => System.Net.IPNetwork.TryParse(range, out _)) ? text : null,
    };

    /// <summary>An http or https address that paths are appended to, or empty.</summary>
    public static Setting<string> BaseUrl(string key, string description) => new()
    {
        Key = key,
        Description = description,
        Allowed = "an http or https address without user, query or fragment, at most 2000 characters, or an empty text",
        Type = SettingType.Text,
        Default = "",
        Check = value => value.ValueKind == JsonValueKind.String ? BaseUrlOf(value.GetString()!) : null,
    };

    /// <summary>The one form of a base address: it ends with a slash, so that the last segment is not lost when a path is appended.</summary>
    private static string? BaseUrlOf(string given)
    {
        string text = given.Trim();
        if (text.Length == 0)
        {
            return "";
        }

        bool plain = text.Length <= 2000 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '\\' or '?' or '#' or '@');
        return plain && Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"
            : null;
    }
}

/// <summary>A setting whose value has the type <typeparamref name="T"/>.</summary>
internal sealed class Setting<T> : Setting
    where T : notnull
{
    /// <summary>The value when nobody changed it.</summary>
    public required T Default { get; init; }

    /// <summary>The value in its one form (boxed), or null when it is not allowed.</summary>
    public required Func<JsonElement, object?> Check { get; init; }

    /// <inheritdoc />
    public override JsonNode DefaultJson => JsonValue.Create(Default)!;

    /// <inheritdoc />
    public override object? Accept(JsonElement value) => Check(value);
}
