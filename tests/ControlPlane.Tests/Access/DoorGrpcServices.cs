using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Tests.Wire;

namespace Orbit.ControlPlane.Tests.Access;

/// <summary>Says who came in.</summary>
internal sealed class DoorGrpcService(OpenStreams streams) : DoorService.DoorServiceBase
{
    public override Task<DoorResponse> Webhook(DoorRequest request, ServerCallContext context) => Answer(context);

    public override Task<DoorResponse> User(DoorRequest request, ServerCallContext context) => Answer(context);

    public override Task<DoorResponse> AdminUpload(IAsyncStreamReader<DoorRequest> requestStream, ServerCallContext context) => Answer(context);

    public override Task Stay(DoorRequest request, IServerStreamWriter<DoorResponse> responseStream, ServerCallContext context) =>
        streams.RunAsync(context, async ct =>
        {
            await responseStream.WriteAsync(new() { Name = Caller.Of(context).Name }, ct);
            await Task.Delay(Timeout.Infinite, ct);
        });

    private static Task<DoorResponse> Answer(ServerCallContext context) => Task.FromResult(new DoorResponse { Name = Caller.Of(context).Name });
}

/// <summary>For agents.</summary>
internal sealed class BackDoorGrpcService : BackDoorService.BackDoorServiceBase
{
    public override Task Talk(IAsyncStreamReader<DoorRequest> requestStream, IServerStreamWriter<DoorResponse> responseStream, ServerCallContext context) =>
        responseStream.WriteAsync(new() { Name = Caller.Find(context)?.Name ?? "(an agent)" });

    public override Task<DoorResponse> Enrol(DoorRequest request, ServerCallContext context) =>
        Task.FromResult(new DoorResponse { Name = Caller.Of(context).Name });
}

/// <summary>Nobody said who may call it.</summary>
internal sealed class OpenDoorGrpcService : OpenDoorService.OpenDoorServiceBase;
