using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Gateway;

/// <summary>The wire face of the agent stream.</summary>
internal sealed class AgentGatewayGrpcService(
    EnrollCommands enroll, ServerIdentity identity, SessionStream sessions, UploadStream uploads, WorkFileStream files, OpenStreams streams)
    : AgentGateway.AgentGatewayBase
{
    public override async Task<EnrollResponse> Enroll(EnrollRequest request, ServerCallContext context)
    {
        Agents.Agent agent = await enroll.EnrollAsync(request.JoinToken, request.Name, request.PublicKey.ToByteArray(), context.CancellationToken);
        return new() { AgentId = agent.Id, Name = agent.Name, ServerId = identity.ServerId.ToString() };
    }

    public override Task Session(IAsyncStreamReader<AgentMessage> requests, IServerStreamWriter<ServerMessage> responses, ServerCallContext context) =>
        streams.RunAsync(context, ct => sessions.RunAsync(requests, responses, RemoteOf(context), ct));

    public override Task Upload(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, ServerCallContext context) =>
        streams.RunAsync(context, ct => uploads.RunAsync(requests, responses, ct));

    public override Task FetchFile(FetchFileRequest request, IServerStreamWriter<FetchedPart> responses, ServerCallContext context) =>
        streams.RunAsync(context, ct => files.SendAsync(request, responses, ct));

    private static string RemoteOf(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress?.ToString() ?? "";
}
