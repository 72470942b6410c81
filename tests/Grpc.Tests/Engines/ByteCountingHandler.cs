using System.Net.Sockets;

namespace Orbit.Grpc.Tests.Engines;

/// <summary>Counts the bytes on the wire, below HTTP.</summary>
internal sealed class ByteCountingHandler : DelegatingHandler
{
    private long _sent;
    private long _received;

    public ByteCountingHandler()
    {
        InnerHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new CountingStream(socket, this);
            },
        };
    }

    public long Sent => Interlocked.Read(ref _sent);

    public long Received => Interlocked.Read(ref _received);

    private sealed class CountingStream(Socket socket, ByteCountingHandler count) : NetworkStream(socket, ownsSocket: true)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref count._received, read);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref count._sent, buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
