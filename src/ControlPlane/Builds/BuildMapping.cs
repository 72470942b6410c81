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
