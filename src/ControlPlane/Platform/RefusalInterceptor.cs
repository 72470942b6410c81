using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// The one place that turns refusals into gRPC errors. The reason code travels as <c>google.rpc.ErrorInfo</c> (domain <c>orbit</c>) and the
/// wait as <c>google.rpc.RetryInfo</c> in <c>grpc-status-details-bin</c>.
/// </summary>
internal sealed class RefusalInterceptor(ILogger<RefusalInterceptor> log) : Interceptor
{
    /// <summary>Domain of every reason code.</summary>
    public const string Domain = "orbit";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception error) when (Translate(error, context) is { } refusal)
        {
            throw refusal;
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception error) when (Translate(error, context) is { } refusal)
        {
            throw refusal;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception error) when (Translate(error, context) is { } refusal)
        {
            throw refusal;
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception error) when (Translate(error, context) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>The gRPC form of a refusal.</summary>
    public static RpcException ToRpc(OrbitException refusal)
    {
        var status = new Google.Rpc.Status { Code = (int)CodeOf(refusal.Kind), Message = refusal.Message };
        // Field 1 of ErrorInfo is called `reason` by now; the assembly still has its first name.
        var reason = new ErrorInfo { Domain = Domain, Type = refusal.Reason };
        foreach ((string key, string value) in refusal.Details)
        {
            reason.Metadata[key] = value;
        }

        status.Details.Add(Any.Pack(reason));
        if (refusal.ComeBackIn is { } wait)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }));
        }

        var trailers = new Metadata { { "grpc-status-details-bin", status.ToByteArray() } };
        return new RpcException(new Grpc.Core.Status(CodeOf(refusal.Kind), refusal.Message), trailers);
    }

    private RpcException? Translate(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case OrbitException refusal:
                return ToRpc(refusal);
            case RpcException:
                return null;
            case OperationCanceledException or IOException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "The caller left."));
            default:
                string incident = Guid.CreateVersion7().ToString("N");
                log.CallFailed(context.Method, incident, error);
                return ToRpc(Internal(incident));
        }
    }

    private static OrbitException Internal(string incident) =>
        new(Refusal.Internal, "INTERNAL", $"The server failed to answer; this is a defect of Orbit. Its log has more under {incident}.");

    private static StatusCode CodeOf(Refusal kind) => kind switch
    {
        Refusal.Invalid => StatusCode.InvalidArgument,
        Refusal.Unauthenticated => StatusCode.Unauthenticated,
        Refusal.Forbidden => StatusCode.PermissionDenied,
        Refusal.NotFound => StatusCode.NotFound,
        Refusal.Conflict => StatusCode.FailedPrecondition,
        Refusal.Exists => StatusCode.AlreadyExists,
        Refusal.Fenced => StatusCode.Aborted,
        Refusal.TooMuch => StatusCode.ResourceExhausted,
        Refusal.Later => StatusCode.Unavailable,
        Refusal.OutOfRange => StatusCode.OutOfRange,
        _ => StatusCode.Internal,
    };
}
