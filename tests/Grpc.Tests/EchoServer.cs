using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orbit.Grpc.Tests.Wire;

namespace Orbit.Grpc.Tests;

/// <summary>A real server on free loopback ports: plain HTTP/2 on the first, HTTP/1.1 on the second.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EchoServer(WebApplication app) => _app = app;

    public EchoWitness Witness => _app.Services.GetRequiredService<EchoWitness>();

    /// <summary>Where gRPC is spoken.</summary>
    public Uri Http2 => Address(0);

    /// <summary>Where browsers and REST clients come.</summary>
    public Uri Http1 => Address(1);

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? grpc = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? pipeline = null,
        Action<GrpcServiceEndpointConventionBuilder>? endpoints = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear(); // the product's settings lie beside the tests and name its ports
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<EchoWitness>();
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        pipeline?.Invoke(app);
        GrpcServiceEndpointConventionBuilder mapped = app.MapGrpcService<EchoGrpcService>();
        endpoints?.Invoke(mapped);
        await app.StartAsync();
        return new EchoServer(app);
    }

    public GrpcChannel Connect(GrpcChannelOptions? options = null) => GrpcChannel.ForAddress(Http2, options ?? new());

    public EchoService.EchoServiceClient Client() => new(Connect());

    /// <summary>Stops in order, as a signal does; disposing alone drops connections.</summary>
    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Uri Address(int index) =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(index));
}
