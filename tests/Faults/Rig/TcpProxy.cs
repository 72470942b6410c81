using System.Net;
using System.Net.Sockets;

namespace Orbit.Faults.Rig;

/// <summary>Which direction of a proxy holds bytes back.</summary>
[Flags]
internal enum Stalled
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>From the one who connected.</summary>
    Up = 1,

    /// <summary>To the one who connected.</summary>
    Down = 2,
}

/// <summary>
/// Stands between two programs: passes bytes on, and on demand cuts, delays, holds back one direction, refuses, says something twice, or
/// lets PostgreSQL commit and swallows the answer.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<Link> _links = [];
    private readonly Lock _gate = new();
    private readonly int _target;
    private readonly Task _accepting;
    private readonly bool _toPostgres;
    private int _commitsToSwallow;
    private int _swallowed;
    private int _piecesToRepeat;
    private int _repeated;

    /// <param name="target">Port on the loopback interface that it connects to.</param>
    /// <param name="toPostgres">True: a PostgreSQL listens there.</param>
    /// <param name="open">True: it can be reached from other networks of this machine.</param>
    public TcpProxy(int target, bool toPostgres = false, bool open = false)
    {
        (_target, _toPostgres) = (target, toPostgres);
        _listener = new(open ? IPAddress.Any : IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where to connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Which direction holds bytes back; they pass when it no longer does.</summary>
    public Stalled Stalled { get; set; }

    /// <summary>New connections are closed at once.</summary>
    public bool Refuses { get; set; }

    /// <summary>Each piece waits so long.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Commits whose answer was swallowed so far.</summary>
    public int Swallowed => Volatile.Read(ref _swallowed);

    /// <summary>Pieces that were sent on twice so far.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    /// <summary>
    /// The next answers that say that something written is committed never arrive, whether it was a transaction or a statement by itself:
    /// their connections break instead.
    /// </summary>
    public void SwallowCommits(int count) => Volatile.Write(ref _commitsToSwallow, count);

    /// <summary>The next pieces from the one who connected are sent on twice, byte by byte.</summary>
    public void Repeat(int pieces) => Volatile.Write(ref _piecesToRepeat, pieces);

    /// <summary>Breaks every connection.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _links.ForEach(link => link.Break());
            _links.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptSocketAsync(_ended.Token);
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            if (Refuses)
            {
                near.Dispose();
                continue;
            }

            _ = ServeAsync(near);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (near)
        {
            near.NoDelay = true;
            var link = new Link(near, far);
            lock (_gate)
            {
                _links.Add(link);
            }

            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
                await Task.WhenAny(PassAsync(near, far, Stalled.Up), PassAsync(far, near, Stalled.Down));
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // as a network does
            }

            link.Break();
        }
    }

    private async Task PassAsync(Socket from, Socket to, Stalled direction)
    {
        byte[] buffer = new byte[64 * 1024];
        PostgresAnswers? answers = _toPostgres && direction is Stalled.Down ? new() : null;
        try
        {
            while (await from.ReceiveAsync(buffer, _ended.Token) is > 0 and var length)
            {
                await HoldAsync();
                if (answers?.Read(buffer.AsSpan(0, length)) == true && TakeOne(ref _commitsToSwallow))
                {
                    Interlocked.Increment(ref _swallowed);
                    return; // this is the answer that nobody gets
                }

                await to.SendAsync(buffer.AsMemory(0, length), _ended.Token);
                if (direction is Stalled.Up && TakeOne(ref _piecesToRepeat))
                {
                    Interlocked.Increment(ref _repeated);
                    await to.SendAsync(buffer.AsMemory(0, length), _ended.Token);
                }
            }
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // as a network does
        }

        async Task HoldAsync()
        {
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, _ended.Token);
            }

            while (Stalled.HasFlag(direction) && direction is not Stalled.None)
            {
                await Task.Delay(20, _ended.Token);
            }
        }
    }

    private static bool TakeOne(ref int left) => Volatile.Read(ref left) > 0 && Interlocked.Decrement(ref left) >= 0;

    private sealed class Link(Socket near, Socket far)
    {
        public void Break()
        {
            near.Close(0); // a reset, not a polite end
            far.Close(0);
        }
    }
}
