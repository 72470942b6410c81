using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests.Support;

/// <summary>
/// A real gRPC server on a free port that answers as a test's script says and remembers what it was asked. Its answers are plain
/// properties; a stream is a list of scripts, one for each time it is opened.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(WebApplication app, string address) => (_app, Address) = (app, address);

    public delegate Task Script<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

    public string Address { get; }

    public Answers Answers => _app.Services.GetRequiredService<Answers>();

    public static async Task<ScriptedServer> StartAsync(HttpProtocols protocols = HttpProtocols.Http2)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Answers>();
        WebApplication app = builder.Build();
        app.MapGrpcService<ScriptedAuth>();
        app.MapGrpcService<ScriptedBuilds>();
        app.MapGrpcService<ScriptedItems>();
        app.MapGrpcService<ScriptedRuns>();
        app.MapGrpcService<ScriptedAgents>();
        app.MapGrpcService<ScriptedSets>();
        app.MapGrpcService<ScriptedSettings>();
        app.MapGrpcService<ScriptedDoctor>();
        app.MapGrpcService<ScriptedLibrary>();
        app.MapGrpcService<ScriptedFolderRoles>();
        app.MapGrpcService<ScriptedJobVersions>();
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(app, address);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>What the scripted server answers and what it was asked.</summary>
internal sealed class Answers
{
    /// <summary>Every request message, oldest first.</summary>
    public ConcurrentQueue<Google.Protobuf.IMessage> Asked { get; } = new();

    public ConcurrentQueue<Metadata> Headers { get; } = new();

    /// <summary>Answers by type of request; a function may throw what the server is to answer instead.</summary>
    public Dictionary<Type, Func<Google.Protobuf.IMessage, Google.Protobuf.IMessage>> Unary { get; } = [];

    /// <summary>One script for each time a run's events are asked for.</summary>
    public ConcurrentQueue<ScriptedServer.Script<WatchRunRequest, RunEvent>> Watches { get; } = new();

    public ConcurrentQueue<ScriptedServer.Script<FollowLogRequest, LogChunk>> Logs { get; } = new();

    public ConcurrentQueue<ScriptedServer.Script<ReadLogRequest, RawBody>> Searches { get; } = new();

    public ConcurrentQueue<ScriptedServer.Script<ExportDatasetRequest, RawBody>> Exports { get; } = new();

    public void When<TRequest, TResponse>(Func<TRequest, TResponse> answer)
        where TRequest : Google.Protobuf.IMessage
        where TResponse : Google.Protobuf.IMessage => Unary[typeof(TRequest)] = request => answer((TRequest)request);

    public Task<TResponse> Answer<TRequest, TResponse>(TRequest request, ServerCallContext context)
        where TRequest : Google.Protobuf.IMessage
        where TResponse : Google.Protobuf.IMessage
    {
        Remember(request, context);
        return Unary.TryGetValue(typeof(TRequest), out Func<Google.Protobuf.IMessage, Google.Protobuf.IMessage>? answer)
            ? Task.FromResult((TResponse)answer(request))
            : throw new RpcException(new(StatusCode.Unimplemented, $"the script has no answer to {typeof(TRequest).Name}"));
    }

    public async Task Play<TRequest, TResponse>(
        ConcurrentQueue<ScriptedServer.Script<TRequest, TResponse>> scripts, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
        where TRequest : Google.Protobuf.IMessage
    {
        Remember(request, context);
        if (!scripts.TryDequeue(out ScriptedServer.Script<TRequest, TResponse>? script))
        {
            throw new RpcException(new(StatusCode.FailedPrecondition, "the script is over"));
        }

        await script(request, responses, context);
    }

    public IReadOnlyList<T> AskedFor<T>() => [.. Asked.OfType<T>()];

    private void Remember(Google.Protobuf.IMessage request, ServerCallContext context)
    {
        Asked.Enqueue(request);
        Headers.Enqueue(context.RequestHeaders);
    }
}
