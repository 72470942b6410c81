namespace Orbit.ControlPlane.Runs;

/// <summary>Words of an agent as both databases can store them.</summary>
internal static class AgentText
{
    /// <summary>The text without NUL, which PostgreSQL does not take, and not longer than allowed; never ends in half a character.</summary>
    public static string Cut(string text, int most)
    {
        string clean = text.Replace("\0", "", StringComparison.Ordinal);
        if (clean.Length <= most)
        {
            return clean;
        }

        return char.IsHighSurrogate(clean[most - 1]) ? clean[..(most - 1)] : clean[..most];
    }
}
