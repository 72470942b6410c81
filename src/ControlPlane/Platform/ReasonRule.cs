namespace Orbit.ControlPlane.Platform;

/// <summary>Words with which people give reasons; they are shown and audited.</summary>
internal static class ReasonRule
{
    /// <summary>Most characters.</summary>
    public const int Longest = 500;

    private const int Shortest = 3;

    /// <summary>A reason that must be given, without the space around it.</summary>
    /// <exception cref="OrbitException">REASON_MISSING, REASON_INVALID.</exception>
    public static string Required(string text) =>
        text.Trim().Length >= Shortest
            ? Optional(text)
            : throw OrbitException.Invalid("REASON_MISSING", $"reason must say why, in {Shortest} to {Longest} characters.");

    /// <summary>A reason that may be left out.</summary>
    /// <exception cref="OrbitException">REASON_INVALID.</exception>
    public static string Optional(string text) =>
        text.Trim() is var trimmed && trimmed.Length <= Longest && TextRule.IsStorable(trimmed)
            ? trimmed
            : throw OrbitException.Invalid("REASON_INVALID", $"reason may have up to {Longest} characters, without NUL and broken Unicode.");

    /// <summary>A note that may be left out.</summary>
    /// <exception cref="OrbitException">NOTE_INVALID.</exception>
    public static string Note(string text) =>
        text.Trim() is var trimmed && trimmed.Length <= Longest && TextRule.IsStorable(trimmed)
            ? trimmed
            : throw OrbitException.Invalid("NOTE_INVALID", $"note may have up to {Longest} characters, without NUL and broken Unicode.");
}
