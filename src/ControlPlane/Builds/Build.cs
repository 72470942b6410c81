using System.Text.Json;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Builds;

/// <summary>What people say of a build.</summary>
internal enum BuildMark
{
    /// <summary>It was found good.</summary>
    Good,

    /// <summary>It was found bad: triggering it needs a reason, and auto-sync passes it over.</summary>
    Bad,
}

/// <summary>One announced build. Its facts are those of the first announcement and never change; a pin and a mark come and go.</summary>
internal sealed class Build
{
    private Build() { } // EF Core

    public Build(BuildFacts facts, DateTimeOffset now)
    {
        (JobName, BuildNumber, BuildUser, PackagePath) = (facts.JobName, facts.BuildNumber, facts.BuildUser, facts.PackagePath);
        (Labels, Key, Search) = (facts.LabelsJson, facts.Key, facts.SearchText);

        // PostgreSQL keeps microseconds; the answer to CI shows the time that later reads will show.
        CreatedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>Rises with the order of announcement.</summary>
    public long Id { get; private set; }

    public string JobName { get; private set; } = "";
    public string BuildNumber { get; private set; } = "";
    public string BuildUser { get; private set; } = "";
    public string PackagePath { get; private set; } = "";

    /// <summary>JSON object of texts: every further fact that CI sent.</summary>
    public string Labels { get; private set; } = "{}";

    /// <summary>
    /// SHA-256 over job, number and path. Unique. The three themselves can be longer than PostgreSQL indexes (2,704 bytes).
    /// </summary>
    public byte[] Key { get; private set; } = [];

    /// <summary>Job, number, path and user in lower case, a line each, so that a search means the same on both databases.</summary>
    public string Search { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Since when retention must leave it alone; null when it may be deleted.</summary>
    public DateTimeOffset? PinnedAt { get; private set; }

    /// <summary>Who pinned it; null without a pin.</summary>
    public string? PinnedBy { get; private set; }

    /// <summary>Why it is pinned; null without a pin or a note.</summary>
    public string? PinNote { get; private set; }

    /// <summary>Good or bad; null when nobody said.</summary>
    public BuildMark? Mark { get; private set; }

    /// <summary>Why; null without a mark.</summary>
    public string? MarkReason { get; private set; }

    /// <summary>Who marked it; null without a mark.</summary>
    public string? MarkedBy { get; private set; }

    /// <summary>When; null without a mark.</summary>
    public DateTimeOffset? MarkedAt { get; private set; }

    /// <summary>Labels as pairs.</summary>
    public IReadOnlyDictionary<string, string> LabelPairs => JsonSerializer.Deserialize<Dictionary<string, string>>(Labels)!;

    /// <summary>The database gave it an id.</summary>
    public void Stored(long id) => Id = id;

    /// <summary>Keeps it from retention.</summary>
    public void Pin(string by, string note, DateTimeOffset now) =>
        (PinnedAt, PinnedBy, PinNote) = (PinnedAt ?? now, by, note.Length == 0 ? null : note);

    /// <summary>Leaves it to retention again.</summary>
    public void Unpin() => (PinnedAt, PinnedBy, PinNote) = (null, null, null);

    /// <summary>Says that it is good or bad.</summary>
    public void MarkAs(BuildMark mark, string reason, string by, DateTimeOffset now) =>
        (Mark, MarkReason, MarkedBy, MarkedAt) = (mark, reason, by, now);

    /// <summary>Takes back what was said.</summary>
    public void Unmark() => (Mark, MarkReason, MarkedBy, MarkedAt) = (null, null, null, null);

    /// <summary>Refuses to test a bad build without a reason.</summary>
    /// <param name="overrideReason">Why it shall be tested all the same; empty for none.</param>
    /// <exception cref="OrbitException">BUILD_MARKED_BAD.</exception>
    public void RequireTestable(string overrideReason)
    {
        if (Mark is BuildMark.Bad && overrideReason.Length == 0)
        {
            throw OrbitException.Conflict(
                "BUILD_MARKED_BAD",
                $"Build {Id} ({JobName} #{BuildNumber}) was marked bad by {MarkedBy}: {MarkReason}. To test it all the same, say why in override_reason.");
        }
    }
}
