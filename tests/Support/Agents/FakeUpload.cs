using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Tests.Support;

/// <summary>An upload stream of a fake agent.</summary>
public sealed class FakeUpload : IDisposable
{
    private readonly AsyncDuplexStreamingCall<UploadRequest, UploadResponse> _call;

    private FakeUpload(AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call) => _call = call;

    /// <summary>Opens an upload with a session's token; throws what the server answers.</summary>
    public static Task<FakeUpload> OpenAsync(FakeAgentSession session) => OpenAsync(session.Server, session.Welcome.UploadToken);

    /// <summary>Opens an upload with any token; throws what the server answers.</summary>
    public static async Task<FakeUpload> OpenAsync(GrpcChannel server, string token)
    {
        var upload = new FakeUpload(new AgentGateway.AgentGatewayClient(server).Upload());
        await upload._call.RequestStream.WriteAsync(new UploadRequest { Open = new UploadOpen { UploadToken = token } });
        await upload.NextAsync();
        return upload;
    }

    /// <summary>Sends a piece of a log and returns the answer.</summary>
    public async Task<UploadResponse> LogAsync(FakeWork work, string step, long offset, byte[] bytes, bool end = false, long? epoch = null)
    {
        await _call.RequestStream.WriteAsync(new UploadRequest
        {
            Log = new UploadLog { AssignmentId = work.Id, Epoch = epoch ?? work.Offer.Epoch, Step = step, Offset = offset, Data = ByteString.CopyFrom(bytes), End = end },
        });
        return await NextAsync();
    }

    /// <summary>The next answer.</summary>
    public async Task<UploadResponse> NextAsync() =>
        await _call.ResponseStream.MoveNext(CancellationToken.None) ? _call.ResponseStream.Current : throw new InvalidOperationException("The server closed the upload.");

    /// <inheritdoc />
    public void Dispose() => _call.Dispose();
}
