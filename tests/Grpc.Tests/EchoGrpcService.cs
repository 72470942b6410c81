using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Orbit.Grpc.Tests.Wire;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace Orbit.Grpc.Tests;

/// <summary>The text of a request decides: <c>fail</c> fails with details, <c>wait</c> waits until the caller is gone, anything else is said back.</summary>
internal sealed class EchoGrpcService(EchoWitness witness) : EchoService.EchoServiceBase
{
    public override async Task<SayResponse> Say(SayRequest request, ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("x-question") is { } question)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-answer", question } });
        }

        context.ResponseTrailers.Add("x-last", "bye");
        context.ResponseTrailers.Add("x-bytes-bin", [0, 1, 255]);
        switch (request.Text)
        {
            case "fail":
                throw Refusal();
            case "wait":
                await witness.WaitForTheEndAsync(context);
                break;
        }

        return new SayResponse { Text = request.Text, Number = 1 };
    }

    public override async Task<SayResponse> Gather(IAsyncStreamReader<SayRequest> requestStream, ServerCallContext context)
    {
        var said = new List<string>();
        await foreach (SayRequest request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            said.Add(request.Text);
        }

        return new SayResponse { Text = string.Join('+', said), Number = said.Count };
    }

    public override async Task Repeat(SayRequest request, IServerStreamWriter<SayResponse> responseStream, ServerCallContext context)
    {
        context.ResponseTrailers.Add("x-last", "bye");
        for (int number = 1; number <= request.Count; number++)
        {
            await responseStream.WriteAsync(new SayResponse { Text = request.Text, Number = number }, context.CancellationToken);
            if (number == request.FailAfter)
            {
                throw Refusal();
            }
        }

        if (request.Text == "wait")
        {
            await witness.WaitForTheEndAsync(context);
        }
    }

    public override async Task Talk(
        IAsyncStreamReader<SayRequest> requestStream, IServerStreamWriter<SayResponse> responseStream, ServerCallContext context)
    {
        int number = 0;
        await foreach (SayRequest request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(new SayResponse { Text = request.Text, Number = ++number }, context.CancellationToken);
        }
    }

    private static RpcException Refusal()
    {
        var cause = new ErrorInfo { Type = "NOTHING_TO_SAY", Domain = "orbit", Metadata = { ["word"] = "naïve" } };
        var status = new RpcStatus { Code = (int)StatusCode.NotFound, Message = "nothing à dire", Details = { Any.Pack(cause) } };
        return new RpcException(
            new Status(StatusCode.NotFound, status.Message),
            new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }
}

/// <summary>Sees calls end that the caller gave up.</summary>
internal sealed class EchoWitness
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a call has begun to wait.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>Completes when a waiting call was told that its caller is gone.</summary>
    public Task Ended => _ended.Task;

    public async Task WaitForTheEndAsync(ServerCallContext context)
    {
        _waiting.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }
}
