using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Orbit.Grpc.Tests.Wire;

namespace Orbit.Grpc.Tests.Engines;

/// <summary>The engines work on our abstractions, over real sockets.</summary>
public sealed class CallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task All_four_kinds_of_calls_arrive_and_answer()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        EchoService.EchoServiceClient client = server.Client();

        Assert.Equal("one", (await client.SayAsync(new SayRequest { Text = "one" })).Text);
        Assert.Equal("one", client.Say(new SayRequest { Text = "one" }).Text);

        using AsyncClientStreamingCall<SayRequest, SayResponse> gather = client.Gather();
        await gather.RequestStream.WriteAsync(new SayRequest { Text = "a" });
        await gather.RequestStream.WriteAsync(new SayRequest { Text = "b" });
        await gather.RequestStream.CompleteAsync();
        Assert.Equal("a+b", (await gather).Text);

        using AsyncServerStreamingCall<SayResponse> repeat = client.Repeat(new SayRequest { Text = "x", Count = 1000 });
        Assert.Equal(Enumerable.Range(1, 1000), await repeat.ResponseStream.ReadAllAsync().Select(response => response.Number).ToListAsync());

        using AsyncDuplexStreamingCall<SayRequest, SayResponse> talk = client.Talk();
        foreach (string text in (string[])["p", "q", "r"])
        {
            await talk.RequestStream.WriteAsync(new SayRequest { Text = text });
            Assert.True(await talk.ResponseStream.MoveNext());
            Assert.Equal(text, talk.ResponseStream.Current.Text);
        }

        await talk.RequestStream.CompleteAsync();
        Assert.False(await talk.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Headers_and_trailers_travel_both_ways()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using AsyncUnaryCall<SayResponse> call = server.Client().SayAsync(
            new SayRequest { Text = "t" }, new Metadata { { "X-Question", "why" } });

        Assert.Equal("why", (await call.ResponseHeadersAsync).GetValue("x-answer"));
        await call;
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("bye", call.GetTrailers().GetValue("x-last"));
        Assert.Equal([0, 1, 255], call.GetTrailers().GetValueBytes("x-bytes-bin")!);
    }

    [Fact]
    public async Task An_error_keeps_its_message_and_its_details()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcException error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client().SayAsync(new SayRequest { Text = "fail" }));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("nothing à dire", error.Status.Detail);
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes("grpc-status-details-bin"));
        ErrorInfo cause = Assert.Single(status.Details).Unpack<ErrorInfo>();
        Assert.Equal("NOTHING_TO_SAY", cause.Type);
        Assert.Equal("naïve", cause.Metadata["word"]);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        EchoService.EchoServiceClient client = server.Client();
        await client.SayAsync(new SayRequest { Text = "the first call connects, which takes time of its own" });
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await client.SayAsync(
            new SayRequest { Text = "wait" }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await server.Witness.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_cancelled_stream_ends_on_both_sides()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        using AsyncServerStreamingCall<SayResponse> call = server.Client().Repeat(
            new SayRequest { Text = "wait", Count = 1 }, cancellationToken: cancel.Token);
        Assert.True(await call.ResponseStream.MoveNext());
        await server.Witness.Waiting.WaitAsync(Patience);

        await cancel.CancelAsync();

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await server.Witness.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task Interceptors_see_calls_on_both_sides_in_their_order()
    {
        var seen = new List<string>();
        await using EchoServer server = await EchoServer.StartAsync(
            grpc => grpc.Interceptors.Add<Recorder>(seen, "server"));
        CallInvoker invoker = server.Connect().Intercept(new Recorder(seen, "first"), new Recorder(seen, "second"));
        var client = new EchoService.EchoServiceClient(invoker);

        await client.SayAsync(new SayRequest { Text = "t" });
        using AsyncServerStreamingCall<SayResponse> repeat = client.Repeat(new SayRequest { Text = "t", Count = 2 });
        Assert.Equal(2, await repeat.ResponseStream.ReadAllAsync().CountAsync());

        Assert.Equal(["first Say", "second Say", "server Say", "first Repeat", "second Repeat", "server Repeat"], seen);
    }

    [Fact]
    public async Task Messages_are_compressed_when_both_sides_agree()
    {
        await using EchoServer server = await EchoServer.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        using var wire = new ByteCountingHandler();
        using GrpcChannel channel = server.Connect(new GrpcChannelOptions
        {
            HttpHandler = wire,
            CompressionProviders = [new GzipCompressionProvider(System.IO.Compression.CompressionLevel.Fastest)],
        });
        string text = new('z', 500_000);

        SayResponse response = await new EchoService.EchoServiceClient(channel).SayAsync(
            new SayRequest { Text = text }, new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        Assert.Equal(text, response.Text);
        Assert.InRange(wire.Sent, 1, 50_000);
        Assert.InRange(wire.Received, 1, 50_000);
    }

    [Fact]
    public void Metadata_refuses_what_cannot_travel()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "no blanks", "x" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "text-bin", "x" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "bytes", (byte[])[1] } });
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("k", "v"));
    }

    private sealed class Recorder(List<string> seen, string name) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            seen.Add($"{name} {context.Method.Name}");
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            seen.Add($"{name} {context.Method.Name}");
            return continuation(request, context);
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add($"{name} {context.Method.Split('/')[^1]}");
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            seen.Add($"{name} {context.Method.Split('/')[^1]}");
            return continuation(request, responseStream, context);
        }
    }
}
