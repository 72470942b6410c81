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
/// Stands between two programs: passes bytes on, and on demand cuts, delays, holds back one direction, refuses, or lets a commit reach
/// PostgreSQL and swallows the answer.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private static readonly byte[] Commit = [(byte)'Q', 0, 0, 0, 11, .. "COMMIT\0"u8]; // a simple query of PostgreSQL's protocol
    private static readonly TimeSpan TimeToCommit = TimeSpan.FromMilliseconds(100);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly List<Link> _links = [];
    private readonly Lock _gate = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _commitsToSwallow;
    private int _swallowed;

    public TcpProxy(int target)
    {
        _target = target;
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

    /// <summary>The answers of the next commits never arrive: their connections break after the commit.</summary>
    public void SwallowCommits(int count) => Volatile.Write(ref _commitsToSwallow, count);

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
                await Task.WhenAny(PassAsync(near, far, Stalled.Up, link), PassAsync(far, near, Stalled.Down, link));
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // as a network does
            }

            link.Break();
        }
    }

    private async Task PassAsync(Socket from, Socket to, Stalled direction, Link link)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _ended.Token) is > 0 and var length)
            {
                await HoldAsync();
                bool swallow = direction is Stalled.Up && buffer.AsSpan(0, length).IndexOf(Commit) >= 0 && TakeOne();
                link.Mute |= swallow;
                if (direction is Stalled.Down && link.Mute)
                {
                    continue; // this is the answer that nobody gets
                }

                await to.SendAsync(buffer.AsMemory(0, length), _ended.Token);
                if (swallow)
                {
                    await Task.Delay(TimeToCommit, _ended.Token);
                    Interlocked.Increment(ref _swallowed);
                    return;
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

    private bool TakeOne() => Volatile.Read(ref _commitsToSwallow) > 0 && Interlocked.Decrement(ref _commitsToSwallow) >= 0;

    private sealed class Link(Socket near, Socket far)
    {
        public bool Mute { get; set; }

        public void Break()
        {
            near.Close(0); // a reset, not a polite end
            far.Close(0);
        }
    }
}
