using Grpc.Core;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Tests.Support;

/// <summary>One control stream of a <see cref="FakeAgent"/>. It keeps what comes until the test takes it, and proves that it lives until told to be silent.</summary>
public sealed class FakeAgentSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly AsyncDuplexStreamingCall<AgentMessage, ServerMessage> _call;
    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<ServerMessage> _unread = [];
    private readonly List<ServerMessage> _all = [];
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _nonce;
    private volatile bool _silent;

    internal FakeAgentSession(FakeAgent agent, GrpcChannel server)
    {
        (Agent, Server) = (agent, server);
        _call = new AgentGateway.AgentGatewayClient(server).Session(cancellationToken: _closed.Token);
        _reading = ReadAsync();
    }

    /// <summary>Whose it is.</summary>
    public FakeAgent Agent { get; }

    /// <summary>The server it talks to.</summary>
    public GrpcChannel Server { get; }

    /// <summary>The answer to Hello.</summary>
    public Welcome Welcome { get; private set; } = new();

    /// <summary>Everything received so far.</summary>
    public IReadOnlyList<ServerMessage> Received
    {
        get
        {
            lock (_lock)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>Free space that the next heartbeats tell; null: they tell none.</summary>
    public long? FreeBytes { get; set; } = 1L << 40;

    /// <summary>How the stream ended; null when the server just closed it.</summary>
    public RpcException? End { get; private set; }

    /// <summary>Sends one message.</summary>
    public async Task SendAsync(AgentMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            await _call.RequestStream.WriteAsync(message);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Takes the first message that fits and was not taken yet; waits for it.</summary>
    public async Task<ServerMessage> TakeAsync(Func<ServerMessage, bool> which)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                int at = _unread.FindIndex(m => which(m));
                if (at >= 0)
                {
                    ServerMessage taken = _unread[at];
                    _unread.RemoveAt(at);
                    return taken;
                }

                more = _more.Task;
            }

            if (_reading.IsCompleted)
            {
                throw End ?? new RpcException(new Status(StatusCode.OK, "The server closed the stream."));
            }

            await Task.WhenAny(more, _reading, Task.Delay(Timeout.Infinite, limit.Token));
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Nothing that fits came within {Patience}. There is: {string.Join(" ", Received)}");
            }
        }
    }

    /// <summary>The next work that is offered.</summary>
    public async Task<FakeWork> OfferAsync() => await OfferAsync(_ => true);

    /// <summary>The next offer that fits.</summary>
    public async Task<FakeWork> OfferAsync(Func<Offer, bool> which) => new(this, (await TakeAsync(m => m.Offer is { } offer && which(offer))).Offer);

    /// <summary>Waits until this side was welcomed and the server has seen a heartbeat of its own come back.</summary>
    public async Task WelcomedAsync()
    {
        Welcome = (await TakeAsync(m => m.Welcome is not null)).Welcome;
        await BeatAsync();
        await BeatAsync();
        _ = BeatOnAsync(Welcome.HeartbeatInterval.ToTimeSpan() / 2);
    }

    /// <summary>Sends a heartbeat and returns the answer. Everything that the server had posted before it has arrived then.</summary>
    public async Task<Heartbeat> BeatAsync()
    {
        long nonce = Interlocked.Increment(ref _nonce);
        await SendAsync(Beat(nonce));
        return (await TakeAsync(m => m.Heartbeat?.Echo == nonce)).Heartbeat;
    }

    /// <summary>Says nothing more, but stays.</summary>
    public void FallSilent() => _silent = true;

    /// <summary>Waits for the end of the stream and returns how it ended.</summary>
    public async Task<RpcException> EndedAsync()
    {
        await _reading.WaitAsync(Patience);
        return End ?? throw new InvalidOperationException("The server closed the stream without a reason.");
    }

    /// <summary>Drops the connection without a word.</summary>
    public async Task DropAsync()
    {
        await _closed.CancelAsync();
        await _reading;
    }

    /// <summary>Leaves on purpose.</summary>
    public async Task LeaveAsync()
    {
        _silent = true;
        await SendAsync(new AgentMessage { Goodbye = new Goodbye { Reason = "done" } });
        await _reading.WaitAsync(Patience);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        _call.Dispose();
        _sending.Dispose();
        _closed.Dispose();
    }

    private AgentMessage Beat(long nonce)
    {
        Heartbeat beat = new() { Nonce = nonce, Echo = LastHeard() };
        if (FreeBytes is { } free)
        {
            beat.FreeBytes = free;
        }

        return new() { Heartbeat = beat };
    }

    private long LastHeard()
    {
        lock (_lock)
        {
            return _all.Where(m => m.Heartbeat is not null).Select(m => m.Heartbeat.Nonce).DefaultIfEmpty().Max();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (ServerMessage message in _call.ResponseStream.ReadAllAsync())
            {
                TaskCompletionSource seen;
                lock (_lock)
                {
                    _all.Add(message);
                    _unread.Add(message);
                    (seen, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
                }

                seen.SetResult();
            }
        }
        catch (RpcException ended)
        {
            End = ended;
        }
    }

    private async Task BeatOnAsync(TimeSpan pause)
    {
        try
        {
            while (!_silent && !_reading.IsCompleted)
            {
                await Task.Delay(pause, _closed.Token);
                if (!_silent)
                {
                    await SendAsync(Beat(Interlocked.Increment(ref _nonce)));
                }
            }
        }
        catch (Exception over) when (over is OperationCanceledException or RpcException or InvalidOperationException)
        {
            // the stream has ended; whoever cares asks for its end
        }
    }
}
