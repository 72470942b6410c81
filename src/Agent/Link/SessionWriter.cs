using System.Threading.Channels;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// The one writer of a session's stream. Control messages (heartbeats, acceptances) go before events, and no write may take longer than
/// its deadline: a stream that does not take bytes is dead.
/// </summary>
internal sealed class SessionWriter(IClientStreamWriter<AgentMessage> stream, Outbox outbox, Action<string> abort) : ISessionSender
{
    private const int ControlMessages = 8192;
    private static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(15);
    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);
    private static readonly WriteOptions Last = new();
    private readonly Channel<AgentMessage> _control = Channel.CreateBounded<AgentMessage>(
        new BoundedChannelOptions(ControlMessages) { SingleReader = true });
    private volatile AgentMessage? _goodbye;

    /// <inheritdoc/>
    public void Send(AgentMessage message)
    {
        if (!_control.Writer.TryWrite(message))
        {
            abort("too many messages waited to be sent");
            return;
        }

        outbox.Wake.Set();
    }

    /// <summary>Writes what there is, says goodbye and ends.</summary>
    public void Finish(string reason)
    {
        _goodbye = new() { Goodbye = new() { Reason = reason } };
        outbox.Wake.Set();
    }

    /// <summary>Writes until cancelled or finished.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        AgentMessage? next = Next();
        while (true)
        {
            while (next is null)
            {
                if (_goodbye is { } goodbye)
                {
                    await WriteAsync(goodbye, moreFollows: false, ct);
                    await stream.CompleteAsync();
                    return;
                }

                await outbox.Wake.WaitAsync(ct);
                next = Next();
            }

            AgentMessage message = next;
            next = Next(); // known before the write, so that a burst leaves in few packets
            await WriteAsync(message, next is not null, ct);
        }
    }

    /// <summary>Writes one message with the deadline, apart from the loop: only Hello, before it.</summary>
    public async Task WriteAsync(AgentMessage message, bool moreFollows, CancellationToken ct)
    {
        stream.WriteOptions = moreFollows ? MoreFollows : Last;
        Task write = stream.WriteAsync(message, ct);
        if (write.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await write.WaitAsync(WriteDeadline, ct);
        }
        catch (TimeoutException)
        {
            abort($"the stream took no bytes for {WriteDeadline.TotalSeconds:0} s");
            throw;
        }
    }

    private AgentMessage? Next() =>
        _control.Reader.TryRead(out AgentMessage? control) ? control
        : outbox.TryTake(out AgentEvents? events) ? new AgentMessage { Events = events }
        : null;
}
