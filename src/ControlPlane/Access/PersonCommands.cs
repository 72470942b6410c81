using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Keeps who has signed in, and gives roles.</summary>
internal sealed class PersonCommands(OrbitStore store, SessionGate sessions, ApiTokenGate tokens, SettingsSnapshot settings, TimeProvider time)
{
    /// <summary>Role of somebody whom no admin gave one.</summary>
    public PersonRole DefaultRole => settings.Get(SettingCatalog.DefaultRole) == "viewer" ? PersonRole.Viewer : PersonRole.User;

    /// <summary>Gives a role, blocks or unblocks; nulls keep what is.</summary>
    /// <exception cref="OrbitException">ROLE_NOT_GRANTABLE.</exception>
    public async Task<Person> UpdateAsync(string email, PersonRole? role, bool? blocked, Caller by, CancellationToken ct)
    {
        if (role is PersonRole.Admin)
        {
            throw OrbitException.Invalid("ROLE_NOT_GRANTABLE", "The role admin cannot be given to an address: whoever signs in with the admin password has it. Allowed: VIEWER, USER.");
        }

        Person person = await store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                Person? before = await database.People.AsNoTracking().SingleOrDefaultAsync(p => p.Email == email, token);
                (PersonRole wanted, bool barred) = (role ?? before?.Role ?? DefaultRole, blocked ?? before?.Blocked ?? false);
                await database.RunAsync(
                    """
                    INSERT INTO users (email, role, blocked, created_at, last_address) VALUES (@p0, @p1, @p2, @p3, '')
                    ON CONFLICT (email) DO UPDATE SET role = excluded.role, blocked = excluded.blocked
                    """,
                    [email, wanted, barred, now],
                    token);
                await FollowAsync(database, email, wanted, barred, now, token);
                database.Audit(by, now, "user.changed", $"user:{email}", before is null ? null : new { before.Role, before.Blocked }, new { Role = wanted, Blocked = barred });
                return await database.People.AsNoTracking().SingleAsync(p => p.Email == email, token);
            },
            ct);
        sessions.Forget();
        tokens.Forget();
        return person;
    }

    /// <summary>In a sign-in's transaction: writes down that somebody signed in, and tells them where they never signed in from before.</summary>
    /// <returns>The role that the address has by itself.</returns>
    /// <exception cref="OrbitException">USER_BLOCKED, unless the admin password was given.</exception>
    public async Task<PersonRole> SignedInAsync(OrbitDbContext database, Caller who, bool withPassword, DateTimeOffset now, CancellationToken ct)
    {
        await database.RunAsync(
            """
            INSERT INTO users (email, role, blocked, created_at, last_login_at, last_address) VALUES (@p0, @p1, @p2, @p3, @p3, @p4)
            ON CONFLICT (email) DO UPDATE SET last_login_at = excluded.last_login_at, last_address = excluded.last_address
            """,
            [who.Name, DefaultRole, false, now, who.RemoteAddress],
            ct);
        Person person = await database.People.AsNoTracking().SingleAsync(p => p.Email == who.Name, ct);
        if (person.Blocked && !withPassword)
        {
            throw Blocked(who.Name);
        }

        await NoteAddressAsync(database, who, now, ct);
        return person.Role;
    }

    /// <summary>Refuses somebody whom an admin blocked, before a code is mailed to them.</summary>
    /// <exception cref="OrbitException">USER_BLOCKED.</exception>
    public async Task RequireUnblockedAsync(string email, CancellationToken ct)
    {
        if (await store.ReadAsync((database, token) => database.People.AnyAsync(p => p.Email == email && p.Blocked, token), ct))
        {
            throw Blocked(email);
        }
    }

    private static OrbitException Blocked(string email) =>
        new(Refusal.Forbidden, "USER_BLOCKED", $"An admin has blocked {email}.");

    /// <summary>Live sessions take the new role, or end. Those with the admin password keep theirs.</summary>
    private static async Task FollowAsync(OrbitDbContext database, string email, PersonRole role, bool blocked, DateTimeOffset now, CancellationToken ct)
    {
        await (blocked
            ? database.RunAsync(
                "UPDATE sessions SET ended_at = @p2 WHERE email = @p0 AND role <> @p1 AND ended_at IS NULL", [email, PersonRole.Admin, now], ct)
            : database.RunAsync(
                "UPDATE sessions SET role = @p2 WHERE email = @p0 AND role <> @p1 AND ended_at IS NULL", [email, PersonRole.Admin, role], ct));
        database.RaiseAfterCommit(Topics.Sessions);
    }

    private async Task NoteAddressAsync(OrbitDbContext database, Caller who, DateTimeOffset now, CancellationToken ct)
    {
        DateTimeOffset since = now - KnownAddress.Forgets;
        List<string> known = await database.Set<KnownAddress>().AsNoTracking()
            .Where(k => k.Email == who.Name && k.LastUsedAt > since).Select(k => k.Address).ToListAsync(ct);
        await database.RunAsync(
            """
            INSERT INTO known_addresses (email, address, last_used_at) VALUES (@p0, @p1, @p2)
            ON CONFLICT (email, address) DO UPDATE SET last_used_at = excluded.last_used_at
            """,
            [who.Name, who.RemoteAddress, now],
            ct);
        if (known.Count > 0 && !known.Contains(who.RemoteAddress, StringComparer.Ordinal) && settings.Get(SettingCatalog.NotifyNewAddress))
        {
            database.Enqueue(NewAddressMail(who, now));
        }
    }

    private Delivery NewAddressMail(Caller who, DateTimeOffset now)
    {
        string project = settings.Get(SettingCatalog.ProjectName);
        string text =
            $"""
            Somebody signed in to {project} as {who.Name} from an address that was not used for it before: {who.RemoteAddress}, {now:yyyy-MM-dd HH:mm} UTC.

            If it was you, do nothing. If not, tell an admin: sessions can be ended at once.

            """;
        return Delivery.Of(DeliveryKind.Mail, who.Name, $"{project}: sign-in from a new address", MailBody.Plain(text).ToBytes(), now);
    }
}
