using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Doctor;

/// <summary>Findings in the words of the contract.</summary>
internal static class DoctorMapping
{
    public static Wire.CheckResult ToWire(this Finding finding)
    {
        var result = new Wire.CheckResult
        {
            Name = finding.Check.Name,
            Meaning = finding.Check.Meaning,
            Remedy = finding.Check.Remedy,
            More = finding.Objects.Count > Finding.Most,
            Mendable = finding.Check.IsMendable,
        };
        result.Objects.AddRange(finding.Objects.Take(Finding.Most));
        return result;
    }
}
