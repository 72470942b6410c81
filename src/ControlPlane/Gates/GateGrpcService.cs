using System.Text.Json;
using Grpc.Core;
using Orbit.ControlPlane.ApiTests;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Gates;

/// <summary>The wire face of gates.</summary>
internal sealed class GateGrpcService(OrbitStore store, ItemGateCommands gates) : Wire.GateService.GateServiceBase
{
    public override async Task<Wire.ItemGate> GetItemGate(Wire.GetItemGateRequest request, ServerCallContext context)
    {
        TestItem item = await store.ReadAsync((database, ct) => database.TestItems.RequireAsync(request.TestItemId, ct), context.CancellationToken);
        return await ToWireAsync(item.Id, ItemGate.Read(item.Gate) ?? throw ItemGateCommands.Missing(item.Name), context);
    }

    public override async Task<Wire.ItemGate> PutItemGate(Wire.PutItemGateRequest request, ServerCallContext context)
    {
        ItemGate gate = await gates.PutAsync(request.TestItemId, request.Batch?.ToWish(), request.EvenIfTestsFailed, Caller.Of(context), context.CancellationToken);
        return await ToWireAsync(request.TestItemId, gate, context);
    }

    public override async Task<Wire.DeleteItemGateResponse> DeleteItemGate(Wire.DeleteItemGateRequest request, ServerCallContext context)
    {
        await gates.DeleteAsync(request.TestItemId, Caller.Of(context), context.CancellationToken);
        return new();
    }

    private async Task<Wire.ItemGate> ToWireAsync(long item, ItemGate gate, ServerCallContext context)
    {
        (BatchWish seen, int hidden) = await store.ReadAsync(
            (database, ct) => database.AsSeenAsync(JsonSerializer.Deserialize<BatchWish>(gate.Batch)!, Caller.Of(context), ct), context.CancellationToken);
        return new()
        {
            TestItemId = item,
            Batch = seen.ToWire(),
            EvenIfTestsFailed = gate.EvenIfTestsFailed,
            Owner = gate.Owner,
            UpdatedAt = gate.UpdatedAt.ToWire(),
            HiddenCount = hidden,
        };
    }
}
