using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.TestItems;

/// <summary>The wire face of test items.</summary>
internal sealed class TestItemGrpcService(TestItemCommands commands, OrbitStore store) : Wire.TestItemService.TestItemServiceBase
{
    public override async Task<Wire.ListTestItemsResponse> ListTestItems(Wire.ListTestItemsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string? after = Paging.TextAfter(request.PageToken);
        string jobName = TextRule.Filter("job_name", request.JobName);
        Page<TestItem> page = await store.ReadAsync(
            (database, ct) => database.TestItems.PageAsync(jobName, after, size, ct), context.CancellationToken);
        return new() { TestItems = { page.Rows.Select(i => i.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.TestItem> GetTestItem(Wire.GetTestItemRequest request, ServerCallContext context)
    {
        TestItem item = await store.ReadAsync((database, ct) => database.TestItems.RequireAsync(request.Id, ct), context.CancellationToken);
        return item.ToWire();
    }

    public override async Task<Wire.TestItem> CreateTestItem(Wire.CreateTestItemRequest request, ServerCallContext context) =>
        (await commands.CreateAsync(request.ToFacts(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.TestItem> UpdateTestItem(Wire.UpdateTestItemRequest request, ServerCallContext context) =>
        (await commands.UpdateAsync(request.Id, request.ToFacts(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteTestItemResponse> DeleteTestItem(Wire.DeleteTestItemRequest request, ServerCallContext context)
    {
        await commands.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }
}
