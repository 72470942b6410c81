using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Web;

/// <summary>
/// The response that the engine sees. Trailers are collected and written as the last frame of the body. What the engine writes goes out
/// whole at each flush, so that a time limit, which ends the response from a timer, never cuts into a message that is being written.
/// </summary>
#pragma warning disable CA1001 // The semaphore holds no handle until one is asked for, and the engine's timer may come after the request's end.
internal sealed class GrpcWebResponse(IHttpResponseBodyFeature inner, bool base64)
    : PipeWriter, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpResetFeature
#pragma warning restore CA1001
{
    private const byte TrailerFlag = 0x80;
    private const int FrameHeaderLength = 5;

    private readonly SemaphoreSlim _wire = new(1, 1);
    private readonly ArrayBufferWriter<byte> _unsent = new();
    private bool _ended;

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public PipeWriter Writer => this;

    public Stream Stream => AsStream(leaveOpen: true);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unsent.WrittenCount;

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A gRPC response holds messages only.");

    public override void Advance(int bytes) => _unsent.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _unsent.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _unsent.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.Writer.CancelPendingFlush();

    /// <summary>Nothing to do: the engine ends the pipe when it is done with it, the response ends with its trailers.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await _wire.WaitAsync(cancellationToken);
        try
        {
            if (_ended)
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }

            Send(_unsent.WrittenSpan);
            _unsent.ResetWrittenCount();

            // Also without a byte: the first flush sends the headers.
            return await inner.Writer.FlushAsync(cancellationToken);
        }
        finally
        {
            _wire.Release();
        }
    }

    /// <summary>The orderly end: what is left to send, then the trailers.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        if (_unsent.WrittenCount > 0)
        {
            await FlushAsync(ct);
        }

        await EndAsync(completeInner: false, ct);
    }

    /// <summary>The engine's early end, at a time limit: the trailers at once. A half-written message is left out.</summary>
    public Task CompleteAsync() => EndAsync(completeInner: true, CancellationToken.None);

    /// <summary>Nothing to do: a browser reads the status from the trailers, and would not, had the connection been reset.</summary>
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
            if (Trailers.Count > 0)
            {
                Send(TrailerFrame());
                await inner.Writer.FlushAsync(ct);
            }

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

    private void Send(ReadOnlySpan<byte> bytes)
    {
        if (!base64)
        {
            inner.Writer.Write(bytes);
            return;
        }

        if (!bytes.IsEmpty)
        {
            Span<byte> target = inner.Writer.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
            Base64.EncodeToUtf8(bytes, target, out _, out int written);
            inner.Writer.Advance(written);
        }
    }

    private byte[] TrailerFrame()
    {
        var text = new StringBuilder();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in Trailers)
        {
            foreach (string? value in values)
            {
#pragma warning disable CA1308 // Trailer names are lower case on the wire.
                text.Append(name.ToLowerInvariant()).Append(": ").Append(value).Append("\r\n");
#pragma warning restore CA1308
            }
        }

        byte[] frame = new byte[FrameHeaderLength + Encoding.ASCII.GetByteCount(text.ToString())];
        frame[0] = TrailerFlag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - FrameHeaderLength);
        Encoding.ASCII.GetBytes(text.ToString(), frame.AsSpan(FrameHeaderLength));
        return frame;
    }
}
