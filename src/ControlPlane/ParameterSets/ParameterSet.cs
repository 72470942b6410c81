using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Named parameters. The values are in <see cref="ParameterSetVersion"/>, one row a version; runs keep a snapshot of their own.</summary>
internal sealed class ParameterSet
{
    /// <summary>Longest name.</summary>
    public const int LongestName = 100;

    private ParameterSet() { } // EF Core

    public ParameterSet(string name) => (Name, Version) = (Checked(name), 1);

    public long Id { get; private set; }

    /// <summary>Unique.</summary>
    public string Name { get; private set; } = "";

    /// <summary>True for exactly one set: new test items get it, and it cannot be deleted.</summary>
    public bool IsDefault { get; private set; }

    /// <summary>The newest version, from 1.</summary>
    public int Version { get; private set; }

    /// <summary>Counts changes; a save over a newer one is refused and done again.</summary>
    public int Revision { get; private set; }

    /// <summary>Gives it another name.</summary>
    public void Rename(string name) => (Name, Revision) = (Checked(name), Revision + 1);

    /// <summary>Makes it the default; the caller has taken that from the one before.</summary>
    public void BecomeDefault() => (IsDefault, Revision) = (true, Revision + 1);

    /// <summary>Opens the next version.</summary>
    /// <returns>Its number.</returns>
    public int NextVersion()
    {
        Revision++;
        return ++Version;
    }

    /// <summary>Refuses an edit that began at an older version.</summary>
    public void RequireVersion(int? edited)
    {
        if (edited is { } version && version != Version)
        {
            throw OrbitException.Conflict(
                "VERSION_CONFLICT", $"Parameter set '{Name}' is at version {Version} by now; you edited version {version}. Read it again.");
        }
    }

    private static string Checked(string name) =>
        TextRule.NameProblem(name, LongestName) is { } problem
            ? throw OrbitException.Invalid("NAME_INVALID", $"The name {problem}; a name has 1 to {LongestName} characters.")
            : name;
}

/// <summary>The parameters of a set in one version; never changed.</summary>
internal sealed class ParameterSetVersion
{
    public long SetId { get; init; }

    /// <summary>From 1.</summary>
    public int Version { get; init; }

    /// <summary>JSON object.</summary>
    public string Parameters { get; init; } = "{}";

    public DateTimeOffset UpdatedAt { get; init; }
    public string UpdatedBy { get; init; } = "";
}

/// <summary>A set with the parameters of one of its versions.</summary>
internal sealed record ParameterSetSnapshot(ParameterSet Set, ParameterSetVersion Content);
