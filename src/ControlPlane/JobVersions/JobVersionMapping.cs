using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.JobVersions;

/// <summary>Selections between the domain and the wire.</summary>
internal static class JobVersionMapping
{
    /// <summary>What a person wants.</summary>
    public static JobVersionWish ToWish(this Wire.PutJobVersionRequest request) => new(
        request.JobName,
        request.HasBuildId ? request.BuildId : null,
        request.HasAutoSync ? request.AutoSync : null,
        request.HasSyncIntervalS ? request.SyncIntervalS : null);

    /// <summary>A selection as people see it.</summary>
    public static Wire.JobVersion ToWire(this JobVersion version, JobBuilds builds) => new()
    {
        JobName = version.JobName,
        BuildId = version.BuildId ?? 0,
        AutoSync = version.AutoSync,
        SyncIntervalS = version.SyncInterval,
        LastSyncAt = version.LastSyncAt.ToWire(),
        SelectedBy = version.SelectedBy,
        SelectedAt = version.SelectedAt.ToWire(),
        NextSyncAt = version.NextSyncAt.ToWire(),
        BuildNumber = builds.Selected.GetValueOrDefault(version.BuildId ?? 0)?.BuildNumber ?? "",
        PackagePath = builds.Selected.GetValueOrDefault(version.BuildId ?? 0)?.PackagePath ?? "",
        NewestBuildId = builds.Newest.GetValueOrDefault(version.JobName),
    };

    /// <summary>One line of the history.</summary>
    public static Wire.JobVersionChange ToWire(this JobVersionChange change) => new()
    {
        Id = change.Id,
        JobName = change.JobName,
        PreviousBuildId = change.PreviousBuildId ?? 0,
        BuildId = change.BuildId,
        SelectedBy = change.SelectedBy,
        SelectedAt = change.SelectedAt.ToWire(),
    };
}
