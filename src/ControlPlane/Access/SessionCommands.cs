using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Starts, renews and ends sessions.</summary>
internal sealed class SessionCommands(OrbitStore store, SessionGate gate, PersonCommands people, SettingsSnapshot settings, TimeProvider time)
{
    /// <summary>Live sessions a person may have where <c>single_session</c> is off; the oldest ends.</summary>
    private const int MostPerPerson = 20;

    /// <summary>Starts a session. Where <c>single_session</c> is on, the person's older ones end.</summary>
    /// <remarks>
    /// A session without the role admin never ends one that has it: whoever knows the admin's address could else sign the admin out.
    /// </remarks>
    public async Task<Session> StartAsync(Caller caller, bool isAdmin, string userAgent, CancellationToken ct)
    {
        TimeSpan lifetime = TimeSpan.FromHours(settings.Get(SettingCatalog.SessionLifetimeHours));
        int keep = settings.Get(SettingCatalog.SingleSession) ? 0 : MostPerPerson - 1;
        Session session = await store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                await OneAtATimeAsync(database, caller.Name, token);
                PersonRole role = await people.SignedInAsync(database, caller, isAdmin, now, token);
                List<Guid> older = await database.Sessions.AsNoTracking()
                    .Where(s => s.Email == caller.Name && s.EndedAt == null && s.ExpiresAt > now && (isAdmin || s.Role != PersonRole.Admin))
                    .OrderByDescending(s => s.CreatedAt).ThenByDescending(s => s.Id)
                    .Select(s => s.Id)
                    .ToListAsync(token);
                foreach (Guid id in older.Skip(keep))
                {
                    await EndAsync(database, caller, id, "session.replaced", now, token);
                }

                var started = new Session(caller.Name, isAdmin ? PersonRole.Admin : role, now, lifetime, caller.RemoteAddress, userAgent);
                database.Sessions.Add(started);
                database.Audit(caller, now, "login.ok", $"session:{started.Id}", @new: new { started.Email, started.Role, started.UserAgent });
                return started;
            },
            ct);
        gate.Forget();
        return session;
    }

    /// <summary>Ends a session. Ending an ended one changes nothing.</summary>
    /// <exception cref="OrbitException">SESSION_NOT_FOUND.</exception>
    public async Task EndAsync(Caller caller, Guid id, CancellationToken ct)
    {
        await store.WriteAsync(
            async (database, token) =>
            {
                if (!await database.Sessions.AnyAsync(s => s.Id == id, token))
                {
                    throw OrbitException.NotFound("SESSION_NOT_FOUND", $"There is no session {id}.");
                }

                await EndAsync(database, caller, id, "session.ended", time.GetUtcNow(), token);
            },
            ct);
        gate.Forget();
    }

    /// <summary>Writes down that sessions were used, which moves their expiry.</summary>
    public async Task RenewAsync(IReadOnlyCollection<(Guid Id, DateTimeOffset At)> used, CancellationToken ct)
    {
        TimeSpan lifetime = TimeSpan.FromHours(settings.Get(SettingCatalog.SessionLifetimeHours));
        await store.WriteAsync(
            async (database, token) =>
            {
                foreach ((Guid id, DateTimeOffset at) in used.OrderBy(u => u.Id))
                {
                    Session? session = await database.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, token);
                    if (session is null || at - session.LastSeenAt < Session.RenewAfter)
                    {
                        continue;
                    }

                    DateTimeOffset expires = Session.ExpiryOf(session.CreatedAt, at, lifetime);
                    await database.RunAsync(
                        "UPDATE sessions SET last_seen_at = @p1, expires_at = @p2 WHERE id = @p0 AND ended_at IS NULL AND last_seen_at < @p1",
                        [id, at, expires],
                        token);
                }
            },
            ct);
    }

    /// <summary>Removes what has been over for its time: sessions a day, API tokens 30, addresses 90, codes and failures at once.</summary>
    /// <returns>How many sessions were removed.</returns>
    public Task<int> CleanAsync(CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                await database.RunAsync("DELETE FROM login_codes WHERE expires_at < @p0", [now], token);
                await database.RunAsync("DELETE FROM known_addresses WHERE last_used_at < @p0", [now - KnownAddress.Forgets], token);
                await database.RunAsync("DELETE FROM api_tokens WHERE expires_at < @p0 OR revoked_at < @p0", [now - ApiToken.ShownAfterEnd], token);
                await database.RunAsync("DELETE FROM sign_in_brakes WHERE last_at < @p0 AND blocked_until < @p1", [now - SignInBrakes.Forgets, now], token);
                return await database.RunAsync("DELETE FROM sessions WHERE expires_at < @p0 OR ended_at < @p0", [now.AddDays(-1)], token);
            },
            ct);

    private static async Task EndAsync(OrbitDbContext database, Caller caller, Guid id, string action, DateTimeOffset now, CancellationToken ct)
    {
        int ended = await database.RunAsync("UPDATE sessions SET ended_at = @p1 WHERE id = @p0 AND ended_at IS NULL", [id, now], ct);
        if (ended == 1)
        {
            database.Audit(caller, now, action, $"session:{id}");
            database.RaiseAfterCommit(Topics.Sessions);
        }
    }

    /// <summary>Two sign-ins of one person at the same moment must see each other; SQLite has one writer anyway.</summary>
    private static async Task OneAtATimeAsync(OrbitDbContext database, string email, CancellationToken ct)
    {
        if (!database.IsEmbedded)
        {
            await database.RunAsync("SELECT pg_advisory_xact_lock(hashtextextended(@p0, 1))", [email], ct);
        }
    }
}
