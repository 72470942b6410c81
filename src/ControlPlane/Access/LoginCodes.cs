using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>One-time codes that are mailed to an address: six digits, ten minutes, five tries, the newest alone counts.</summary>
internal sealed class LoginCodes(OrbitStore store, KeyRing keys, SettingsSnapshot settings, TimeProvider time)
{
    private const int MostTries = 5;
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(10);

    /// <summary>Mails a new code; an older one is void. The code and its mail are stored together, and the mail is on its way soon after.</summary>
    public Task SendAsync(string email, CancellationToken ct)
    {
        string code = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        string project = settings.Get(SettingCatalog.ProjectName);
        string text = $"Your code for {project} is {code}.\n\nIt is valid for {ValidFor.TotalMinutes} minutes. If you did not ask for it, do nothing.\n";
        return store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                await database.RunAsync(
                    """
                    INSERT INTO login_codes (email, hash, expires_at, tries) VALUES (@p0, @p1, @p2, 0)
                    ON CONFLICT (email) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at, tries = 0
                    """,
                    [email, HashOf(email, code), now + ValidFor],
                    token);
                Guid id = Guid.CreateVersion7(now);
                byte[] content = keys.Protect(Encoding.UTF8.GetString(MailBody.Plain(text).ToBytes()), $"delivery:{id}");
                database.Enqueue(Delivery.Secret(id, email, $"{project}: your sign-in code", content, now, now + ValidFor));
            },
            ct);
    }

    /// <summary>True once for the right code.</summary>
    public Task<bool> TakeAsync(string email, string code, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                List<byte[]> hashes = await database.QueryAsync(
                    "UPDATE login_codes SET tries = tries + 1 WHERE email = @p0 AND tries < @p1 AND expires_at > @p2 RETURNING hash",
                    [email, MostTries, time.GetUtcNow()],
                    row => row.Bytes(0),
                    token);
                bool right = hashes.Count == 1 && CryptographicOperations.FixedTimeEquals(hashes[0], HashOf(email, code));
                if (right)
                {
                    await database.RunAsync("DELETE FROM login_codes WHERE email = @p0", [email], token);
                }

                return right;
            },
            ct);

    private byte[] HashOf(string email, string code) =>
        HMACSHA256.HashData(keys.HmacKey(KeyPurposes.LoginCode), Encoding.UTF8.GetBytes($"{email}|{code}"));
}
