using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Inventory;

/// <summary>The wire face of the inventory.</summary>
internal sealed class InventoryGrpcService(OrbitStore store) : Wire.InventoryService.InventoryServiceBase
{
    public override async Task<Wire.ListInventoryResponse> ListInventory(Wire.ListInventoryRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string[] after = (Paging.TextAfter(request.PageToken) ?? "").Split('\n', 2);
        (string, string, bool) filter = (TextRule.Filter("agent", request.Agent), TextRule.Filter("service", request.Service), request.Changed);
        List<InventoryRow> rows = await store.ReadAsync(
            (database, ct) => database.InventoryAsync(filter, (after[0], after.Length > 1 ? after[1] : ""), size + 1, ct), context.CancellationToken);
        Page<InventoryRow> page = Paging.Cut(rows, size, last => $"{last.Agent}\n{last.Installed.Service}");
        return new() { Entries = { page.Rows.Select(row => row.ToWire()) }, NextPageToken = page.NextToken };
    }
}
