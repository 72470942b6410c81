namespace Orbit.ControlPlane.Doctor;

/// <summary>One thing that must hold in the stored state.</summary>
/// <param name="Name">Stable name.</param>
/// <param name="Meaning">What a finding means.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record DoctorCheck(string Name, string Meaning, string Remedy)
{
    /// <summary>A query that yields one text for each finding: <c>kind:id</c>, and after a blank a few words. Empty: found otherwise.</summary>
    public string Query { get; init; } = "";

    /// <summary>Statements that mend all findings, in order. Empty: not by statements.</summary>
    public IReadOnlyList<string> Mending { get; init; } = [];

    /// <summary>Each finding is a run that is to end as one whose outcome nobody can know.</summary>
    public bool EndsRuns { get; init; }

    /// <summary>True when mending needs nobody's decision.</summary>
    public bool IsMendable => EndsRuns || Mending.Count > 0;
}

/// <summary>A check with what it found.</summary>
/// <param name="Check">The check.</param>
/// <param name="Objects">What it found; at most <see cref="Most"/> and one more.</param>
internal sealed record Finding(DoctorCheck Check, IReadOnlyList<string> Objects)
{
    /// <summary>So many objects are named.</summary>
    public const int Most = 100;
}
