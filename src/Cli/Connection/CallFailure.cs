using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Orbit.Cli.Connection;

/// <summary>A failed call in words: what to say, which reason code to show, which exit code to end with.</summary>
/// <param name="Message">One line for a person.</param>
/// <param name="Reason">Stable code: the server's own where it gave one, else the gRPC status.</param>
/// <param name="ExitCode">See <see cref="ExitCodes"/>.</param>
internal sealed record CallFailure(string Message, string Reason, int ExitCode)
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    public static CallFailure From(RpcException failure, Uri server, bool signingIn)
    {
        ErrorInfo? info = Detail<ErrorInfo>(failure, ErrorInfo.Descriptor.FullName);
        // Field 1 of ErrorInfo is the reason; the generated class at hand still has its older name.
        string reason = info is { Type.Length: > 0 } ? info.Type : EnumWords.Upper(failure.StatusCode.ToString());
        if (info is null && Transport(failure, server) is { } transport)
        {
            return new(transport, EnumWords.Upper(nameof(StatusCode.Unavailable)), ExitCodes.NoServer);
        }

        string message = failure.Status.Detail is { Length: > 0 } detail ? detail : "the server refused the call";
        if (failure.StatusCode is StatusCode.Unauthenticated && !signingIn)
        {
            message += message.EndsWith('.') ? " Sign in with: orbit login" : "; sign in with: orbit login";
        }

        return new(message, reason, CodeOf(failure.StatusCode, signingIn));
    }

    /// <summary>False when repeating the call cannot help.</summary>
    public static bool MayPass(RpcException failure) => failure.StatusCode
        is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.InvalidArgument
            or StatusCode.FailedPrecondition or StatusCode.Unimplemented or StatusCode.AlreadyExists or StatusCode.OutOfRange);

    /// <summary>How long the server asks to wait; zero when it named nothing.</summary>
    public static TimeSpan AskedPause(RpcException failure) =>
        Detail<RetryInfo>(failure, RetryInfo.Descriptor.FullName)?.RetryDelay?.ToTimeSpan() ?? TimeSpan.Zero;

    private static int CodeOf(StatusCode code, bool signingIn) => code switch
    {
        StatusCode.Unauthenticated or StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unimplemented => ExitCodes.NoServer,
        StatusCode.PermissionDenied or StatusCode.ResourceExhausted when signingIn => ExitCodes.NoServer,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss or StatusCode.Cancelled or StatusCode.Aborted => ExitCodes.Unknown,
        _ => ExitCodes.WrongUsage,
    };

    // Failures that come from the wire and not from the server's code, told by the exception that the channel kept.
    private static string? Transport(RpcException failure, Uri server)
    {
        string place = server.GetLeftPart(UriPartial.Authority);
        for (Exception? cause = failure.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException socket:
                    return $"cannot reach {place}: {socket.Message}";
                case System.Security.Authentication.AuthenticationException tls:
                    return $"cannot agree with {place} on TLS: {tls.Message}";
                // What HTTP/1.1 servers provoke: HTTP_1_1_REQUIRED from those that notice, PROTOCOL_ERROR from those that answer in HTTP/1.1.
                case HttpProtocolException { ErrorCode: 13 or 1 }:
                case HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError }:
                    return NotGrpc(place);
                case HttpProtocolException:
                case IOException when cause.InnerException is null:
                    return $"the connection to {place} broke off";
            }
        }

        return failure.StatusCode switch
        {
            StatusCode.DeadlineExceeded => $"{place} did not answer in time",
            StatusCode.Unimplemented or StatusCode.Unknown when failure.Status.Detail.StartsWith("Bad gRPC response", StringComparison.Ordinal) => NotGrpc(place),
            // Whichever way a server of HTTP/1.1 gave up on us: the request never got as far as a response.
            StatusCode.Internal or StatusCode.Unavailable when failure.Status.DebugException is HttpRequestException =>
                $"{place} broke off without an answer; is it the server's gRPC port (8081 unless configured otherwise), not the one of the web page (8080)?",
            StatusCode.Internal when failure.Status.DebugException is not null => $"the connection to {place} broke off: {failure.Status.DebugException.Message}",
            StatusCode.Unavailable when failure.Status.DebugException is not null => $"cannot reach {place}: {failure.Status.DebugException.Message}",
            _ => null,
        };
    }

    private static string NotGrpc(string place) =>
        $"{place} does not speak gRPC over HTTP/2; use the server's gRPC port (8081 unless configured otherwise), not the one of the web page and REST (8080)";

    private static T? Detail<T>(RpcException failure, string name)
        where T : class, Google.Protobuf.IMessage, new()
    {
        byte[]? bytes = failure.Trailers.GetValueBytes(DetailsTrailer);
        if (bytes is null)
        {
            return null;
        }

        try
        {
            foreach (Google.Protobuf.WellKnownTypes.Any any in Status.Parser.ParseFrom(bytes).Details)
            {
                if (any.TypeUrl.EndsWith("/" + name, StringComparison.Ordinal))
                {
                    var detail = new T();
                    Google.Protobuf.MessageExtensions.MergeFrom(detail, any.Value);
                    return detail;
                }
            }
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            // Details of another make: the status itself still says what happened.
        }

        return null;
    }
}
