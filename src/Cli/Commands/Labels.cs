namespace Orbit.Cli.Commands;

/// <summary>Labels on one line, in a stable order.</summary>
internal static class Labels
{
    public static string Words(IEnumerable<KeyValuePair<string, string>> labels) =>
        string.Join(",", labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
