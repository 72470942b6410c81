using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>The ceiling for idle agents: a server that does nothing with a stream but keep it and answer its heartbeats.</summary>
internal static class BareStreamServer
{
    /// <summary>First argument that makes this program that server; the second is the port.</summary>
    public const string Verb = "bare-stream-server";

    /// <summary>Runs until it is asked to end.</summary>
    public static async Task RunAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        builder.Services.AddGrpc();
        WebApplication app = builder.Build();
        app.MapGrpcService<BareGateway>();
        await app.RunAsync();
    }

    private sealed class BareGateway : AgentGateway.AgentGatewayBase
    {
        public override async Task Session(
            IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<ServerMessage> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new ServerMessage { Challenge = new Challenge { ServerId = Verb } });
            while (await requestStream.MoveNext(CancellationToken.None))
            {
                ServerMessage answer = requestStream.Current.MessageCase is AgentMessage.MessageOneofCase.Hello
                    ? new() { Welcome = new Welcome { Protocol = 1 } }
                    : new() { Heartbeat = new Heartbeat { Echo = requestStream.Current.Heartbeat.Nonce } };
                await responseStream.WriteAsync(answer);
            }
        }
    }
}
