using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>
/// The response that the gRPC engine sees. A unary one is written when the status is known; a stream is written message by message and
/// begins, and with it the HTTP status, at the first message or when the method sends its headers.
/// </summary>
#pragma warning disable CA1001 // The semaphore holds no handle until one is asked for, and the engine's timer may come after the request's end.
internal sealed class RestResponse(HttpContext context, IHttpResponseBodyFeature inner, RestRoute route, int successStatus, ILogger log)
    : PipeWriter, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpResetFeature
#pragma warning restore CA1001
{
    private const int FrameHeaderLength = 5;
    private const string StatusDetails = "grpc-status-details-bin";

    /// <summary>One writer at a time: a time limit ends the response from a timer.</summary>
    private readonly SemaphoreSlim _wire = new(1, 1);
    private readonly ArrayBufferWriter<byte> _frames = new();
    private bool _begun;
    private bool _ended;

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public PipeWriter Writer => this;

    public Stream Stream => AsStream(leaveOpen: true);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _frames.WrittenCount;

    private bool IsStream => route.Method.IsServerStreaming;

    public void DisableBuffering() => inner.DisableBuffering();

    /// <summary>Nothing to do: the response begins when its HTTP status is known.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A gRPC response holds messages only.");

    public override void Advance(int bytes) => _frames.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _frames.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _frames.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.Writer.CancelPendingFlush();

    /// <summary>Nothing to do: the response ends with its status.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (!IsStream)
        {
            return default;
        }

        await _wire.WaitAsync(cancellationToken);
        try
        {
            if (_ended)
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }

            SendFrames();
            return _begun ? await inner.Writer.FlushAsync(cancellationToken) : default;
        }
        finally
        {
            _wire.Release();
        }
    }

    /// <summary>The orderly end.</summary>
    public Task FinishAsync(CancellationToken ct) => EndAsync(completeInner: false, ct);

    /// <summary>The engine's early end, at a time limit.</summary>
    public Task CompleteAsync() => EndAsync(completeInner: true, CancellationToken.None);

    /// <summary>Nothing to do: the caller reads the error instead.</summary>
    public void Reset(int errorCode)
    {
    }

    private async Task EndAsync(bool completeInner, CancellationToken ct)
    {
        await _wire.WaitAsync(ct);
        try
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            await EndAsync(ct);
            if (completeInner)
            {
                await inner.CompleteAsync();
            }
        }
        finally
        {
            _wire.Release();
        }
    }

    private async Task EndAsync(CancellationToken ct)
    {
        RestError? error = ErrorOf(context.Response);
        if (error is null)
        {
            SendFrames(); // first: bytes bring their media type along
            Begin(rawContentType: null, IsStream);
            await inner.Writer.FlushAsync(ct);
        }
        else if (!_begun)
        {
            await error.WriteAsync(context.Response, inner.Writer, ct);
        }
        else if (route.IsRaw)
        {
            // Bytes have no place for an error; a response that is cut short cannot pass for a whole one.
            log.RawResponseCut(route.Method.FullName, error.Reason, error.Message);
            context.Abort();
        }
        else
        {
            error.WriteJson(inner.Writer, nested: true);
            EndLine();
            await inner.Writer.FlushAsync(ct);
        }
    }

    /// <summary>Takes the status out of the trailers, or out of the headers, where a response without messages has it.</summary>
    private RestError? ErrorOf(HttpResponse response)
    {
        IHeaderDictionary source = Trailers.ContainsKey("grpc-status") ? Trailers : response.Headers;
        bool known = int.TryParse(source["grpc-status"], NumberStyles.None, CultureInfo.InvariantCulture, out int code);
        string message = Uri.UnescapeDataString(source["grpc-message"].ToString());
        string details = source[StatusDetails].ToString();
        if (!response.HasStarted)
        {
            foreach (string name in response.Headers.Keys.Where(name => name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                response.Headers.Remove(name);
            }
        }

        if (!known)
        {
            return RestError.OfHttp(response.StatusCode);
        }

        return code == (int)StatusCode.OK
            ? null
            : RestError.Of((StatusCode)code, message, details.Length == 0 ? null : TextValue.Bytes(details, StatusDetails).ToByteArray());
    }

    private void Begin(string? rawContentType, bool stream)
    {
        if (_begun || (route.IsRaw && rawContentType is null && !_ended))
        {
            return;
        }

        _begun = true;
        context.Response.StatusCode = successStatus;
        context.Response.ContentType = route.IsRaw
            ? rawContentType ?? "application/octet-stream"
            : stream ? "application/x-ndjson" : "application/json";
    }

    private void SendFrames()
    {
        ReadOnlyMemory<byte> left = _frames.WrittenMemory;
        if (IsStream && left.IsEmpty)
        {
            Begin(rawContentType: null, stream: true);
        }

        while (left.Length >= FrameHeaderLength
            && BinaryPrimitives.ReadInt32BigEndian(left.Span[1..]) is var length
            && left.Length - FrameHeaderLength >= length)
        {
            if (left.Span[0] != 0)
            {
                throw new InvalidOperationException($"{route.Method.FullName} answered compressed although nothing was offered.");
            }

            Send(left.Slice(FrameHeaderLength, length).Span);
            left = left[(FrameHeaderLength + length)..];
        }

        byte[] part = left.ToArray();
        _frames.ResetWrittenCount();
        _frames.Write(part);
    }

    private void Send(ReadOnlySpan<byte> payload)
    {
        IMessage message = route.Method.OutputType.Parser.ParseFrom(payload);
        if (route.IsRaw)
        {
            SendRaw(message);
            return;
        }

        Begin(rawContentType: null, IsStream);
        MessageToJson.Write(inner.Writer, message, route.ResponseBody);
        if (IsStream)
        {
            EndLine();
        }
    }

    private void SendRaw(IMessage message)
    {
        FieldDescriptor contentType = message.Descriptor.FindFieldByName("content_type");
        FieldDescriptor data = message.Descriptor.FindFieldByName("data");
        Begin((string)contentType.Accessor.GetValue(message) is { Length: > 0 } text ? text : "application/octet-stream", IsStream);
        inner.Writer.Write(((ByteString)data.Accessor.GetValue(message)).Span);
    }

    private void EndLine() => inner.Writer.Write("\n"u8);
}
