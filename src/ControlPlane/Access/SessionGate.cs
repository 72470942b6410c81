using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Says whether a session still holds. The database is asked at most once a second for each session; a session that is ended here is
/// forgotten at once.
/// </summary>
internal sealed class SessionGate(OrbitStore store, TimeProvider time)
{
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, Known> _known = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _used = new();
    private long _generation;

    /// <summary>The session, if it can be used now.</summary>
    /// <exception cref="OrbitException">SESSION_ENDED.</exception>
    public async ValueTask<Session> UseAsync(Guid id, CancellationToken ct)
    {
        Session? session = _known.TryGetValue(id, out Known? known) && time.GetElapsedTime(known.ReadAt) < Trusted ? known.Session : await ReadAsync(id, ct);
        DateTimeOffset now = time.GetUtcNow();
        if (session is null || !session.IsLive(now))
        {
            throw OpenStreams.SessionEnded();
        }

        if (now - session.LastSeenAt >= Session.RenewAfter)
        {
            _used[id] = now;
        }

        return session;
    }

    /// <summary>Forgets what was read of every session: some ended, here or elsewhere.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation); // what is being read right now is not kept
        _known.Clear();
    }

    /// <summary>Sessions that were used and whose row should say so; each is handed out once.</summary>
    public IReadOnlyCollection<(Guid Id, DateTimeOffset At)> TakeUsed()
    {
        var used = new List<(Guid Id, DateTimeOffset At)>();
        foreach (Guid id in _used.Keys)
        {
            if (_used.TryRemove(id, out DateTimeOffset at))
            {
                used.Add((id, at));
            }
        }

        return used;
    }

    /// <summary>An open stream is use as well.</summary>
    public void NoteUse(Guid id) => _used[id] = time.GetUtcNow();

    private async Task<Session?> ReadAsync(Guid id, CancellationToken ct)
    {
        long generation = Interlocked.Read(ref _generation);
        long readAt = time.GetTimestamp();
        Session? session = await store.ReadAsync(
            (database, token) => database.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, token), ct);
        if (session is not null && generation == Interlocked.Read(ref _generation))
        {
            _known[id] = new Known(session, readAt);
        }

        return session;
    }

    private sealed record Known(Session Session, long ReadAt);
}
