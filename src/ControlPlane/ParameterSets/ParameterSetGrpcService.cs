using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>The wire face of parameter sets.</summary>
internal sealed class ParameterSetGrpcService(ParameterSetCommands commands, OrbitStore store) : Wire.ParameterSetService.ParameterSetServiceBase
{
    public override async Task<Wire.ListParameterSetsResponse> ListParameterSets(Wire.ListParameterSetsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        Page<ParameterSetSnapshot> page = await store.ReadAsync(
            (database, ct) => database.ParameterSetPageAsync(after, size, ct), context.CancellationToken);
        return new() { ParameterSets = { page.Rows.Select(s => s.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ParameterSet> GetParameterSet(Wire.GetParameterSetRequest request, ServerCallContext context)
    {
        ParameterSetSnapshot set = await store.ReadAsync(
            (database, ct) => database.ParameterSetAsync(request.Id, ct), context.CancellationToken);
        return set.ToWire();
    }

    public override async Task<Wire.ParameterSet> CreateParameterSet(Wire.CreateParameterSetRequest request, ServerCallContext context)
    {
        string parameters = request.Parameters.ToJson("parameters");
        ParameterSetSnapshot set = await commands.CreateAsync(
            request.Name, parameters, request.IsDefault, Caller.Of(context), context.CancellationToken);
        return set.ToWire();
    }

    public override async Task<Wire.ParameterSet> UpdateParameterSet(Wire.UpdateParameterSetRequest request, ServerCallContext context) =>
        (await commands.UpdateAsync(request.ToEdit(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteParameterSetResponse> DeleteParameterSet(Wire.DeleteParameterSetRequest request, ServerCallContext context)
    {
        await commands.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.ListParameterSetVersionsResponse> ListParameterSetVersions(
        Wire.ListParameterSetVersionsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        long? before = Paging.IdAfter(request.PageToken);
        Page<ParameterSetSnapshot> page = await store.ReadAsync(
            (database, ct) => database.ParameterSetHistoryAsync(request.Id, before, size, ct), context.CancellationToken);
        return new() { Versions = { page.Rows.Select(v => v.ToWire()) }, NextPageToken = page.NextToken };
    }
}
