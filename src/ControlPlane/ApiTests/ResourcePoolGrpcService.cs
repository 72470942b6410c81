using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The wire face of resource pools.</summary>
internal sealed class ResourcePoolGrpcService(OrbitStore store, ResourcePoolCommands pools) : Wire.ResourcePoolService.ResourcePoolServiceBase
{
    public override async Task<Wire.ListResourcePoolsResponse> ListResourcePools(Wire.ListResourcePoolsRequest request, ServerCallContext context)
    {
        (List<ApiPool> all, Dictionary<string, int> taken) = await store.ReadAsync((database, ct) => database.PoolsAsync(ct), context.CancellationToken);
        return new() { Pools = { all.Select(p => ToWire(p, taken.GetValueOrDefault(p.Name))) } };
    }

    public override async Task<Wire.ResourcePool> PutResourcePool(Wire.PutResourcePoolRequest request, ServerCallContext context)
    {
        ApiPool pool = await pools.PutAsync(request.Name, request.Size, request.Description, Caller.Of(context), context.CancellationToken);
        Dictionary<string, int> taken = await store.ReadAsync((database, ct) => database.TakenPlacesAsync(ct), context.CancellationToken);
        return ToWire(pool, taken.GetValueOrDefault(pool.Name));
    }

    public override async Task<Wire.DeleteResourcePoolResponse> DeleteResourcePool(Wire.DeleteResourcePoolRequest request, ServerCallContext context)
    {
        await pools.DeleteAsync(request.Name, Caller.Of(context), context.CancellationToken);
        return new();
    }

    private static Wire.ResourcePool ToWire(ApiPool pool, int taken) => new()
    {
        Name = pool.Name,
        Size = pool.Size,
        Description = pool.Description,
        InUse = taken,
        UpdatedAt = pool.UpdatedAt.ToWire(),
        UpdatedBy = pool.UpdatedBy,
    };
}
