using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Builds;

/// <summary>Builds between the domain and the wire.</summary>
internal static class BuildMapping
{
    /// <summary>The facts of an announcement, checked.</summary>
    public static BuildFacts ToFacts(this Wire.PostBuildRequest request) =>
        BuildFacts.Of(request.JobName, request.BuildNumber, request.BuildUser, request.PackagePath, request.Labels.ToDictionary(l => l.Key, l => l.Value));

    /// <summary>What a list is asked for.</summary>
    public static BuildFilter ToFilter(this Wire.ListBuildsRequest request) => new()
    {
        JobName = TextRule.Filter("job_name", request.JobName),
        BuildUser = TextRule.Filter("build_user", request.BuildUser),
        Text = TextRule.Filter("query", request.Query),
        From = request.CreatedAfter.ToTime("created_after"),
        Before = request.CreatedBefore.ToTime("created_before"),
        Mark = request.Mark.ToDomain(),
        Pinned = request.HasPinned ? request.Pinned : null,
    };

    /// <summary>A build as people see it.</summary>
    public static Wire.Build ToWire(this Build build) => new()
    {
        Id = build.Id,
        JobName = build.JobName,
        BuildNumber = build.BuildNumber,
        BuildUser = build.BuildUser,
        PackagePath = build.PackagePath,
        Labels = { Labels(build) },
        CreatedAt = build.CreatedAt.ToWire(),
        Pinned = build.PinnedAt is not null,
        PinnedBy = build.PinnedBy ?? "",
        PinNote = build.PinNote ?? "",
        Mark = build.Mark switch { BuildMark.Good => Wire.BuildMark.Good, BuildMark.Bad => Wire.BuildMark.Bad, _ => Wire.BuildMark.Unspecified },
        MarkReason = build.MarkReason ?? "",
        MarkedBy = build.MarkedBy ?? "",
        MarkedAt = build.MarkedAt.ToWire(),
    };

    /// <summary>What a person says of a build; null for nothing.</summary>
    /// <exception cref="OrbitException">FILTER_INVALID for a number that names no mark.</exception>
    public static BuildMark? ToDomain(this Wire.BuildMark mark) => mark switch
    {
        Wire.BuildMark.Unspecified => null,
        Wire.BuildMark.Good => BuildMark.Good,
        Wire.BuildMark.Bad => BuildMark.Bad,
        _ => throw OrbitException.Invalid("FILTER_INVALID", "mark must be GOOD, BAD or unset."),
    };

    /// <summary>The answer to an announcement.</summary>
    public static Wire.PostBuildResponse ToAnswer(this Build build, bool duplicate) => new()
    {
        Id = build.Id,
        JobName = build.JobName,
        BuildNumber = build.BuildNumber,
        BuildUser = build.BuildUser,
        PackagePath = build.PackagePath,
        Labels = { Labels(build) },
        CreatedAt = build.CreatedAt.ToWire(),
        Duplicate = duplicate,
    };

    private static Dictionary<string, string> Labels(Build build) => new(build.LabelPairs);
}
