using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Ends the open streams of sessions that have ended, here at the signal and for ends on other replicas at the latest after the pause; and
/// writes down which sessions were used.
/// </summary>
internal sealed class SessionPass(
    OrbitStore store, SessionGate gate, SessionCommands commands, ApiTokenGate tokenGate, ApiTokenCommands tokens, WatchedSessions watched, TimeProvider time, Signals signals, ILogger<SessionPass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly TimeProvider _time = time;

    protected override TimeSpan Pause => TimeSpan.FromSeconds(2);

    protected override IReadOnlyList<string> Hints { get; } = [Topics.Sessions];

    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        gate.Forget();
        tokenGate.Forget();
        IReadOnlyCollection<Guid> open = watched.Sessions;
        if (open.Count > 0)
        {
            await EndStreamsAsync(open, ct);
        }

        IReadOnlyCollection<(Guid Id, DateTimeOffset At)> used = gate.TakeUsed();
        if (used.Count > 0)
        {
            await commands.RenewAsync(used, ct);
        }

        IReadOnlyCollection<(Guid Id, DateTimeOffset At)> usedTokens = tokenGate.TakeUsed();
        if (usedTokens.Count > 0)
        {
            await tokens.NoteUseAsync(usedTokens, ct);
        }
    }

    private async Task EndStreamsAsync(IReadOnlyCollection<Guid> open, CancellationToken ct)
    {
        DateTimeOffset now = _time.GetUtcNow();
        List<Session> live = await store.ReadAsync(
            (database, token) => database.Sessions.AsNoTracking()
                .Where(s => open.Contains(s.Id) && s.EndedAt == null && s.ExpiresAt > now)
                .ToListAsync(token),
            ct);
        List<Guid> liveTokens = await store.ReadAsync((database, token) => database.LiveApiTokensAsync(open, now, token), ct);
        foreach (Guid over in open.Except(live.Select(s => s.Id)).Except(liveTokens))
        {
            watched.End(over);
        }

        foreach (Session session in live.Where(s => now - s.LastSeenAt >= Session.RenewAfter))
        {
            gate.NoteUse(session.Id); // a page that is looked at is used
        }
    }
}

/// <summary>Removes sessions that have been over for a day.</summary>
internal sealed class SessionCleanupPass(SessionCommands commands, TimeProvider time, Signals signals, ILogger<SessionCleanupPass> log)
    : PeriodicPass(time, signals, log)
{
    private readonly ILogger _log = log;

    protected override TimeSpan Pause => TimeSpan.FromMinutes(10);

    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        int removed = await commands.CleanAsync(ct);
        if (removed > 0)
        {
            _log.SessionsRemoved(removed);
        }
    }
}
