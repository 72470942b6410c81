using System.Text.Json;

namespace Orbit.ControlPlane.Builds;

/// <summary>One announced build. Its facts are those of the first announcement and never change.</summary>
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

    /// <summary>Labels as pairs.</summary>
    public IReadOnlyDictionary<string, string> LabelPairs => JsonSerializer.Deserialize<Dictionary<string, string>>(Labels)!;

    /// <summary>The database gave it an id.</summary>
    public void Stored(long id) => Id = id;
}
