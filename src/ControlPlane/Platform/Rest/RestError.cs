using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Collections;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>A gRPC error as REST tells it.</summary>
/// <param name="Code">gRPC status.</param>
/// <param name="Message">Sentence for the caller.</param>
/// <param name="Reason">Stable reason code; the status's name where the server gave none.</param>
/// <param name="Details">Further facts.</param>
/// <param name="RetryAfter">When to come back.</param>
internal sealed record RestError(
    StatusCode Code, string Message, string Reason, IReadOnlyDictionary<string, string> Details, TimeSpan? RetryAfter = null)
{
    public const string BodyTooLong = "BODY_TOO_LONG";
    public const string ContentTypeUnsupported = "CONTENT_TYPE_UNSUPPORTED";
    public const string VerbUnsupported = "VERB_UNSUPPORTED";
    public const string PathUnknown = "PATH_UNKNOWN";

    private const int ClientClosedRequest = 499;

    /// <summary>HTTP status of the error.</summary>
    public int HttpStatus => Reason switch
    {
        BodyTooLong => StatusCodes.Status413PayloadTooLarge,
        ContentTypeUnsupported => StatusCodes.Status415UnsupportedMediaType,
        VerbUnsupported => StatusCodes.Status405MethodNotAllowed,
        _ => HttpStatusOf(Code),
    };

    /// <summary>An error without a cause in the details.</summary>
    public static RestError Plain(StatusCode code, string message, string reason) =>
        new(code, message, reason, new Dictionary<string, string>());

    /// <summary>A refusal of our own, in the form that a refusal of the method would have.</summary>
    public static RestError Of(OrbitException refusal)
    {
        RpcException error = RefusalInterceptor.ToRpc(refusal);
        return Of(error.StatusCode, error.Status.Detail, error.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    /// <summary>What a gRPC server said, with the bytes of its details if it gave any.</summary>
    public static RestError Of(StatusCode code, string message, byte[]? details)
    {
        var plain = Plain(code, message, NameOf(code));
        if (details is null)
        {
            return plain;
        }

        RepeatedField<Google.Protobuf.WellKnownTypes.Any> packed = RpcStatus.Parser.ParseFrom(details).Details;
        ErrorInfo? cause = packed.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
        RetryInfo? retry = packed.FirstOrDefault(detail => detail.Is(RetryInfo.Descriptor))?.Unpack<RetryInfo>();
        return plain with
        {
            // Field 1 of ErrorInfo is called `reason` by now; the assembly still has its first name.
            Reason = cause?.Type ?? plain.Reason,
            Details = cause is null ? plain.Details : new Dictionary<string, string>(cause.Metadata),
            RetryAfter = retry?.RetryDelay?.ToTimeSpan(),
        };
    }

    /// <summary>What plain HTTP said, for example an authentication that knows no gRPC.</summary>
    public static RestError OfHttp(int status)
    {
        StatusCode code = status switch
        {
            StatusCodes.Status400BadRequest => StatusCode.InvalidArgument,
            StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
            StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
            StatusCodes.Status404NotFound => StatusCode.NotFound,
            StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        return Plain(code, $"The server answered {status}.", NameOf(code));
    }

    /// <summary>Answers with the error; the response must not have begun.</summary>
    public async Task WriteAsync(HttpResponse response, System.IO.Pipelines.PipeWriter body, CancellationToken ct)
    {
        response.StatusCode = HttpStatus;
        response.ContentType = "application/json";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var json = new ArrayBufferWriter<byte>();
        WriteJson(json, nested: false);
        response.ContentLength = json.WrittenCount;
        await body.WriteAsync(json.WrittenMemory, ct);
    }

    /// <summary>Writes the object, alone or as the field <c>error</c> of a line that ends a stream.</summary>
    public void WriteJson(IBufferWriter<byte> target, bool nested)
    {
        using var json = new Utf8JsonWriter(target, MessageToJson.WriterOptions);
        if (nested)
        {
            json.WriteStartObject();
            json.WritePropertyName("error");
        }

        json.WriteStartObject();
        json.WriteString("code", NameOf(Code));
        json.WriteString("message", Message);
        json.WriteString("reason", Reason);
        json.WriteStartObject("details");
        foreach ((string key, string value) in Details)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        if (nested)
        {
            json.WriteEndObject();
        }
    }

    private static string NameOf(StatusCode code)
    {
        var name = new StringBuilder();
        foreach (char letter in code.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }

    private static int HttpStatusOf(StatusCode code) => code switch
    {
        StatusCode.Cancelled => ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.FailedPrecondition or StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
