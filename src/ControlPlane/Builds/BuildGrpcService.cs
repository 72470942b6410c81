using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Builds;

/// <summary>The wire face of builds.</summary>
internal sealed class BuildGrpcService(BuildCommands commands, BuildJudgementCommands judgement, IntakeLimit limit, OrbitStore store) : Wire.BuildService.BuildServiceBase
{
    public override async Task<Wire.PostBuildResponse> PostBuild(Wire.PostBuildRequest request, ServerCallContext context)
    {
        limit.Take(Caller.Of(context).RemoteAddress);

        // Once CI has sent everything, its hanging up does not lose the build.
        (Build build, bool duplicate) = await commands.AnnounceAsync(request.ToFacts(), CancellationToken.None);
        return build.ToAnswer(duplicate);
    }

    public override async Task<Wire.ListBuildsResponse> ListBuilds(Wire.ListBuildsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long? before = Paging.IdAfter(request.PageToken);
        BuildFilter filter = request.ToFilter();
        Page<Build> page = await store.ReadAsync(
            (database, ct) => database.Builds.PageAsync(filter, before, size, ct), context.CancellationToken);
        return new() { Builds = { page.Rows.Select(b => b.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.Build> GetBuild(Wire.GetBuildRequest request, ServerCallContext context)
    {
        Build build = await store.ReadAsync((database, ct) => database.Builds.RequireAsync(request.Id, ct), context.CancellationToken);
        return build.ToWire();
    }

    public override async Task<Wire.Build> PinBuild(Wire.PinBuildRequest request, ServerCallContext context) =>
        (await judgement.PinAsync(request.Id, request.Pinned, request.Note, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.Build> MarkBuild(Wire.MarkBuildRequest request, ServerCallContext context) =>
        (await judgement.MarkAsync(request.Id, request.Mark.ToDomain(), request.Reason, Caller.Of(context), context.CancellationToken)).ToWire();
}
