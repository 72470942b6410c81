using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.JobVersions;

/// <summary>The wire face of selections.</summary>
internal sealed class JobVersionGrpcService(JobVersionCommands commands, OrbitStore store) : Wire.JobVersionService.JobVersionServiceBase
{
    public override async Task<Wire.ListJobVersionsResponse> ListJobVersions(Wire.ListJobVersionsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        Page<JobVersion> page = await store.ReadAsync(
            (database, ct) => database.JobVersions.PageAsync(after, size, ct), context.CancellationToken);
        return new() { JobVersions = { await ToWireAsync(page.Rows, context) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.JobVersion> GetJobVersion(Wire.GetJobVersionRequest request, ServerCallContext context)
    {
        string jobName = TextRule.Filter("job_name", request.JobName);
        JobVersion version = await store.ReadAsync(
            (database, ct) => database.JobVersions.RequireAsync(jobName, ct), context.CancellationToken);
        return (await ToWireAsync([version], context))[0];
    }

    public override async Task<Wire.JobVersion> PutJobVersion(Wire.PutJobVersionRequest request, ServerCallContext context) =>
        (await ToWireAsync([await commands.PutAsync(request.ToWish(), Caller.Of(context), context.CancellationToken)], context))[0];

    public override async Task<Wire.JobVersion> SyncJobVersion(Wire.SyncJobVersionRequest request, ServerCallContext context) =>
        (await ToWireAsync([await commands.SyncAsync(request.JobName, Caller.Of(context), context.CancellationToken)], context))[0];

    public override async Task<Wire.SyncAllJobVersionsResponse> SyncAllJobVersions(
        Wire.SyncAllJobVersionsRequest request, ServerCallContext context)
    {
        List<JobVersion> looked = await commands.SyncAllAsync(Caller.Of(context), context.CancellationToken);
        return new() { JobVersions = { await ToWireAsync(looked, context) } };
    }

    public override async Task<Wire.DeleteJobVersionResponse> DeleteJobVersion(Wire.DeleteJobVersionRequest request, ServerCallContext context)
    {
        await commands.DeleteAsync(request.JobName, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.ListJobVersionHistoryResponse> ListJobVersionHistory(
        Wire.ListJobVersionHistoryRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long? before = Paging.IdAfter(request.PageToken);
        string jobName = TextRule.Filter("job_name", request.JobName);
        Page<JobVersionChange> page = await store.ReadAsync(
            (database, ct) => database.JobVersionChanges.PageAsync(jobName, before, size, ct), context.CancellationToken);
        return new() { Changes = { page.Rows.Select(c => c.ToWire()) }, NextPageToken = page.NextToken };
    }

    /// <summary>With the facts of the selected builds and the ids of the newest ones, in one read.</summary>
    private async Task<List<Wire.JobVersion>> ToWireAsync(List<JobVersion> versions, ServerCallContext context)
    {
        JobBuilds builds = await store.ReadAsync((database, ct) => database.BuildsOfAsync(versions, ct), context.CancellationToken);
        return [.. versions.Select(v => v.ToWire(builds))];
    }
}
