namespace Orbit.ControlPlane.Agents;

/// <summary>When a disk is too full for a deploy test. Pure.</summary>
internal static class DiskRule
{
    /// <summary>Why an agent waits whose disk nobody knows of: that is neither full nor plenty.</summary>
    public const string Unknown = "it has not said how much is free";

    private const long Megabyte = 1_000_000;

    /// <summary>Why an agent gets no deploy test; empty: it has enough.</summary>
    /// <param name="free">Free bytes as it last said; null: it has not, or cannot tell.</param>
    /// <param name="wanted">Bytes that must be free; 0: no limit, so that nobody needs to know.</param>
    public static string Note(long? free, long wanted) =>
        wanted == 0 ? ""
        : free is not { } bytes ? Unknown
        : bytes < wanted ? FormattableString.Invariant($"{bytes / Megabyte} MB free, {wanted / Megabyte} MB wanted (agent_min_free_bytes)")
        : "";
}
