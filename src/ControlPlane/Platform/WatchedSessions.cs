using System.Collections.Concurrent;

namespace Orbit.ControlPlane.Platform;

/// <summary>Which sessions have streams open on this replica, so that a stream ends with its session.</summary>
internal sealed class WatchedSessions
{
    private readonly ConcurrentDictionary<Watch, bool> _open = new();

    /// <summary>The sessions with open streams, each once.</summary>
    public IReadOnlyCollection<Guid> Sessions => [.. _open.Keys.Select(w => w.SessionId).Distinct()];

    /// <summary>Notes an open stream; dispose it with the stream.</summary>
    public Watch Open(Guid sessionId)
    {
        var watch = new Watch(this, sessionId);
        _open[watch] = true;
        return watch;
    }

    /// <summary>Ends all streams of a session.</summary>
    public void End(Guid sessionId)
    {
        foreach (Watch watch in _open.Keys.Where(w => w.SessionId == sessionId))
        {
            watch.End();
        }
    }

    /// <summary>One open stream.</summary>
    internal sealed class Watch(WatchedSessions all, Guid sessionId) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();

        /// <summary>Whose stream it is.</summary>
        public Guid SessionId { get; } = sessionId;

        /// <summary>Cancelled when the session ends.</summary>
        public CancellationToken Ended => _ended.Token;

        /// <summary>The session has ended.</summary>
        public void End() => _ended.Cancel();

        /// <inheritdoc />
        public void Dispose() => all._open.TryRemove(this, out _);
    }
}
