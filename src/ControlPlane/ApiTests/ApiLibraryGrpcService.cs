using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of cases, scenarios, environments and datasets.</summary>
internal sealed class ApiLibraryGrpcService(
    OrbitStore store, ApiItemCommands items, EnvironmentCommands environments, DatasetCommands datasets, LibraryTransferCommands transfer, OpenStreams streams) : Wire.ApiLibraryService.ApiLibraryServiceBase
{
    public override async Task<Wire.ListCasesResponse> ListCases(Wire.ListCasesRequest request, ServerCallContext context)
    {
        Page<ApiItem> page = await ListAsync(request.ToFilter(), Paging.Size(request.PageSize, request.Limit), Paging.TextAfter(request.PageToken), context);
        return new() { Cases = { page.Rows.Select(i => i.ToWire(whole: false)) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ListScenariosResponse> ListScenarios(Wire.ListScenariosRequest request, ServerCallContext context)
    {
        Page<ApiItem> page = await ListAsync(request.ToFilter(), Paging.Size(request.PageSize, request.Limit), Paging.TextAfter(request.PageToken), context);
        return new() { Scenarios = { page.Rows.Select(i => i.ToWire(whole: false)) }, NextPageToken = page.NextToken };
    }

    public override Task<Wire.ApiItem> GetCase(Wire.GetCaseRequest request, ServerCallContext context) => GetAsync(ApiItemKind.Case, request.Id, request.Version, context);

    public override Task<Wire.ApiItem> GetScenario(Wire.GetScenarioRequest request, ServerCallContext context) => GetAsync(ApiItemKind.Scenario, request.Id, request.Version, context);

    public override async Task<Wire.ApiItem> CreateCase(Wire.CreateCaseRequest request, ServerCallContext context) =>
        (await items.CreateAsync(ApiItemKind.Case, request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiItem> CreateScenario(Wire.CreateScenarioRequest request, ServerCallContext context) =>
        (await items.CreateAsync(ApiItemKind.Scenario, request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiItem> UpdateCase(Wire.UpdateCaseRequest request, ServerCallContext context) =>
        (await items.UpdateAsync(ApiItemKind.Case, request.Id, request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiItem> UpdateScenario(Wire.UpdateScenarioRequest request, ServerCallContext context) =>
        (await items.UpdateAsync(ApiItemKind.Scenario, request.Id, request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteApiItemResponse> DeleteCase(Wire.DeleteCaseRequest request, ServerCallContext context)
    {
        await items.DeleteAsync(ApiItemKind.Case, request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.DeleteApiItemResponse> DeleteScenario(Wire.DeleteScenarioRequest request, ServerCallContext context)
    {
        await items.DeleteAsync(ApiItemKind.Scenario, request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.ApiItem> CopyCase(Wire.CopyCaseRequest request, ServerCallContext context) =>
        (await items.CopyAsync(ApiItemKind.Case, request.Id, request.Name, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiItem> CopyScenario(Wire.CopyScenarioRequest request, ServerCallContext context) =>
        (await items.CopyAsync(ApiItemKind.Scenario, request.Id, request.Name, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiItem> MoveCase(Wire.MoveCaseRequest request, ServerCallContext context) =>
        (await items.UpdateAsync(ApiItemKind.Case, request.Id, new(null, request.Folder, null, null, null, null), Caller.Of(context), context.CancellationToken)).ToWire();

    public override Task<Wire.ListApiItemVersionsResponse> ListCaseVersions(Wire.ListCaseVersionsRequest request, ServerCallContext context) =>
        VersionsAsync(ApiItemKind.Case, request.Id, context);

    public override Task<Wire.ListApiItemVersionsResponse> ListScenarioVersions(Wire.ListScenarioVersionsRequest request, ServerCallContext context) =>
        VersionsAsync(ApiItemKind.Scenario, request.Id, context);

    public override async Task<Wire.ListEnvironmentsResponse> ListEnvironments(Wire.ListEnvironmentsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        Page<ApiEnvironment> page = await store.ReadAsync((database, ct) => database.ApiEnvironments.PageAsync(after, size, ct), context.CancellationToken);
        return new() { Environments = { page.Rows.Select(e => e.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ApiEnvironment> GetEnvironment(Wire.GetEnvironmentRequest request, ServerCallContext context) =>
        (await store.ReadAsync((database, ct) => database.ApiEnvironments.RequireAsync(request.Id, ct), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiEnvironment> CreateEnvironment(Wire.CreateEnvironmentRequest request, ServerCallContext context) =>
        (await environments.CreateAsync(new(request.Name, request.Variables?.ToJson("variables"), request.Secrets, []), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiEnvironment> UpdateEnvironment(Wire.UpdateEnvironmentRequest request, ServerCallContext context)
    {
        var wish = new EnvironmentWish(request.HasName ? request.Name : null, request.Variables?.ToJson("variables"), request.Secrets, request.ForgetSecrets);
        return (await environments.UpdateAsync(request.Id, wish, Caller.Of(context), context.CancellationToken)).ToWire();
    }

    public override async Task<Wire.DeleteEnvironmentResponse> DeleteEnvironment(Wire.DeleteEnvironmentRequest request, ServerCallContext context)
    {
        await environments.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.ListDatasetsResponse> ListDatasets(Wire.ListDatasetsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        Page<ApiDataset> page = await store.ReadAsync((database, ct) => database.ApiDatasets.PageAsync(after, size, ct), context.CancellationToken);
        return new() { Datasets = { page.Rows.Select(d => d.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ApiDataset> GetDataset(Wire.GetDatasetRequest request, ServerCallContext context) =>
        (await store.ReadAsync((database, ct) => database.ApiDatasets.RequireAsync(request.Id, ct), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiDataset> CreateDataset(Wire.CreateDatasetRequest request, ServerCallContext context) =>
        (await datasets.CreateAsync(request.Name, request.Types_, request.Content, request.Format, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiDataset> ImportDatasetRows(Wire.ImportDatasetRowsRequest request, ServerCallContext context) =>
        (await datasets.ImportAsync(request.Id, request.Content, request.Format, request.Replace, Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.ApiDataset> UploadDatasetRows(IAsyncStreamReader<Wire.UploadDatasetRowsRequest> requestStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken))
        {
            throw OrbitException.Invalid("DATASET_INVALID", "The first message must name the dataset.");
        }

        Wire.UploadDatasetRowsRequest first = requestStream.Current;
        return (await datasets.UploadAsync(first.Id, PartsAsync(first, requestStream, context.CancellationToken), first.Format, first.Replace, Caller.Of(context), context.CancellationToken)).ToWire();
    }

    public override Task ExportDataset(Wire.ExportDatasetRequest request, IServerStreamWriter<Wire.RawBody> responseStream, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await foreach ((string type, byte[] data) in store.ExportDatasetAsync(request.Id, request.Format, ct))
            {
                await responseStream.WriteAsync(new() { ContentType = type, Data = UnsafeByteOperations.UnsafeWrap(data) }, ct);
            }
        });

    public override async Task<Wire.ListDatasetRowsResponse> ListDatasetRows(Wire.ListDatasetRowsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, 0);
        long? after = Paging.IdAfter(request.PageToken);
        Page<ApiDatasetRow> page = await store.ReadAsync(
            async (database, ct) =>
            {
                await database.ApiDatasets.RequireAsync(request.Id, ct);
                return await database.ApiDatasetRows.PageAsync(request.Id, after, size, ct);
            },
            context.CancellationToken);
        return new() { Rows = { page.Rows.Select(r => r.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.ApiDatasetRow> UpdateDatasetRow(Wire.UpdateDatasetRowRequest request, ServerCallContext context) =>
        (await datasets.UpdateRowAsync(
            request.Id, request.Number,
            new(request.HasEnabled ? request.Enabled : null, request.HasName ? request.Name : null, request.Values?.ToJson("values"), request.SetExpect ? request.Expect.ToJson() : null),
            Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteDatasetResponse> DeleteDataset(Wire.DeleteDatasetRequest request, ServerCallContext context)
    {
        await datasets.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }

    public override async Task<Wire.ImportApiTestsResponse> ImportApiTests(Wire.ImportApiTestsRequest request, ServerCallContext context)
    {
        ImportOutcome outcome = await transfer.ImportAsync(new(request.Format, request.Content, request.Folder, request.DryRun, request.KeepScripts), Caller.Of(context), context.CancellationToken);
        var response = new Wire.ImportApiTestsResponse { Document = outcome.Document };
        response.Cases.AddRange(outcome.Items.Where(i => i.Kind is ApiItemKind.Case).Select(i => i.ToWire()));
        response.Scenarios.AddRange(outcome.Items.Where(i => i.Kind is ApiItemKind.Scenario).Select(i => i.ToWire()));
        response.NotCovered.AddRange(outcome.NotCovered);
        response.Scripts.AddRange(outcome.Scripts);
        response.Renamed.AddRange(outcome.Renamed);
        return response;
    }

    public override async Task<Wire.RawBody> ExportApiTests(Wire.ExportApiTestsRequest request, ServerCallContext context)
    {
        (string type, string text) = await transfer.ExportAsync(
            request.CaseIds, request.ScenarioIds, TextRule.Filter("folder", request.Folder), request.Format, Caller.Of(context), context.CancellationToken);
        return new() { ContentType = type, Data = ByteString.CopyFromUtf8(text) };
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(
        Wire.UploadDatasetRowsRequest first, IAsyncStreamReader<Wire.UploadDatasetRowsRequest> more, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return first.Data.Memory;
        while (await more.MoveNext(ct))
        {
            yield return more.Current.Data.Memory;
        }
    }

    private Task<Page<ApiItem>> ListAsync(ApiItemFilter filter, int size, string? after, ServerCallContext context) =>
        store.ReadAsync((database, ct) => database.ItemPageAsync(filter, Caller.Of(context), after, size, ct), context.CancellationToken);

    private async Task<Wire.ApiItem> GetAsync(ApiItemKind kind, long id, int version, ServerCallContext context)
    {
        (ApiItem item, ApiItemVersion? older) = await store.ReadAsync((database, ct) => database.ItemVersionAsync(kind, id, version, Caller.Of(context), ct), context.CancellationToken);
        Wire.ApiItem wire = item.ToWire();
        if (older is not null)
        {
            (wire.Version, wire.Spec, wire.UpdatedAt, wire.UpdatedBy) = (older.Version, StructMapping.ToStruct(older.Spec), older.ChangedAt.ToWire(), older.ChangedBy);
        }

        return wire;
    }

    private async Task<Wire.ListApiItemVersionsResponse> VersionsAsync(ApiItemKind kind, long id, ServerCallContext context)
    {
        List<ApiItemVersion> versions = await store.ReadAsync((database, ct) => database.VersionsOfAsync(kind, id, Caller.Of(context), ct), context.CancellationToken);
        return new() { Versions = { versions.Select((v, i) => v.ToWire(i + 1 < versions.Count ? versions[i + 1] : null)) } };
    }
}
