using System.Buffers;
using System.Buffers.Text;

namespace Grpc.AspNetCore.Web;

/// <summary>Reads bytes out of base64 as it arrives. Padding may stand in the middle: each part of a body may have been encoded by itself.</summary>
internal sealed class Base64ReadStream(Stream encoded) : Stream
{
    private const int Quantum = 4;

    private readonly byte[] _text = new byte[8192];
    private readonly byte[] _bytes = new byte[8192];
    private int _textLength;
    private ReadOnlyMemory<byte> _ready;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty)
        {
            int read = await encoded.ReadAsync(_text.AsMemory(_textLength), cancellationToken);
            if (read == 0)
            {
                return _textLength == 0 ? 0 : throw new InvalidDataException("The base64 body ends in the middle of a group of four.");
            }

            _textLength += read;
            Decode();
        }

        int count = Math.Min(buffer.Length, _ready.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Request bodies are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Decode()
    {
        int whole = _textLength - (_textLength % Quantum);
        int decoded = 0;
        int position = 0;
        while (position < whole)
        {
            // Up to and with the next padded group; the decoder takes padding only at its end.
            int padding = _text.AsSpan(position, whole - position).IndexOf((byte)'=');
            int length = padding < 0 ? whole - position : padding - (padding % Quantum) + Quantum;
            OperationStatus status = Base64.DecodeFromUtf8(_text.AsSpan(position, length), _bytes.AsSpan(decoded), out _, out int written);
            if (status != OperationStatus.Done)
            {
                throw new InvalidDataException("The body is not base64.");
            }

            position += length;
            decoded += written;
        }

        _text.AsSpan(whole, _textLength - whole).CopyTo(_text);
        _textLength -= whole;
        _ready = _bytes.AsMemory(0, decoded);
    }
}
