namespace Orbit.Cli.Commands;

/// <summary>A switch as a person types it.</summary>
internal static class OnOff
{
    public static bool Parse(string text, string option) => text.ToUpperInvariant() switch
    {
        "ON" or "TRUE" or "YES" => true,
        "OFF" or "FALSE" or "NO" => false,
        _ => throw new UsageException($"{option} takes on or off, not '{text}'"),
    };
}
