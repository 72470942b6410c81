using Google.Protobuf;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>The wire face of parameter sets.</summary>
internal sealed class ParameterSetGrpcService(ParameterSetCommands commands, ParameterSecrets secrets, OrbitStore store) : Wire.ParameterSetService.ParameterSetServiceBase
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

    public override Task<Wire.RawBody> GetParameterSchema(Wire.GetParameterSchemaRequest request, ServerCallContext context) =>
        Task.FromResult(new Wire.RawBody { ContentType = "application/schema+json", Data = UnsafeByteOperations.UnsafeWrap(ParameterSchema.Bytes) });

    public override Task<Wire.ValidateParametersResponse> ValidateParameters(Wire.ValidateParametersRequest request, ServerCallContext context)
    {
        DeployParameters.Parse(request.Parameters.ToJson("parameters"));
        return Task.FromResult(new Wire.ValidateParametersResponse());
    }

    public override async Task<Wire.DiffParameterSetsResponse> DiffParameterSets(Wire.DiffParameterSetsRequest request, ServerCallContext context)
    {
        (ParameterSetSnapshot old, ParameterSetSnapshot now) = await store.ReadAsync((database, ct) => ComparedAsync(database, request, ct), context.CancellationToken);
        List<ParameterDifference> differences = ParameterDiff.Of(secrets.Reveal(old.Content.Parameters), secrets.Reveal(now.Content.Parameters));
        return new() { FromVersion = old.Content.Version, ToVersion = now.Content.Version, Changes = { differences.Select(d => d.ToWire()) } };
    }

    public override async Task<Wire.ParameterSet> CopyParameterSet(Wire.CopyParameterSetRequest request, ServerCallContext context) =>
        (await commands.CopyAsync(request.Id, request.Version, request.Name, Caller.Of(context), context.CancellationToken)).ToWire();

    private static async Task<(ParameterSetSnapshot Old, ParameterSetSnapshot New)> ComparedAsync(
        OrbitDbContext database, Wire.DiffParameterSetsRequest request, CancellationToken ct)
    {
        bool same = request.ToId == 0 || request.ToId == request.Id;
        ParameterSetSnapshot now = await database.ParameterSetVersionAsync(same ? request.Id : request.ToId, request.ToVersion, ct);
        int from = request.FromVersion == 0 && same ? Math.Max(1, now.Content.Version - 1) : request.FromVersion;
        return (await database.ParameterSetVersionAsync(request.Id, from, ct), now);
    }
}
