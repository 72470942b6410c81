using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// One signed-in client of a person. The row is the truth: a token only names it, so that ending the row ends the token at once.
/// </summary>
internal sealed class Session
{
    /// <summary>However much it is used, a session ends this long after signing in.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Use is written down to the minute, so that reading is not writing.</summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(1);

    private Session() { } // EF Core

    public Session(string email, PersonRole role, DateTimeOffset now, TimeSpan lifetime, string remoteAddress, string userAgent)
    {
        Id = Guid.CreateVersion7(now);
        (Email, Role, CreatedAt, LastSeenAt, ExpiresAt) = (email, role, now, now, ExpiryOf(now, now, lifetime));
        RemoteAddress = Cut(remoteAddress, 64);
        UserAgent = Cut(userAgent, 200);
    }

    public Guid Id { get; private set; }

    /// <summary>Normalised address. Without a password it is what the person claimed.</summary>
    public string Email { get; private set; } = "";

    public PersonRole Role { get; private set; }
    public bool IsAdmin => Role is PersonRole.Admin;
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Last use, to the minute.</summary>
    public DateTimeOffset LastSeenAt { get; private set; }

    /// <summary>When it ends unless it is used again.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    public string RemoteAddress { get; private set; } = "";
    public string UserAgent { get; private set; } = "";

    /// <summary>When it was ended; null while nobody has.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>True while it can be used.</summary>
    public bool IsLive(DateTimeOffset now) => EndedAt is null && ExpiresAt > now;

    /// <summary>When a session that is used at <paramref name="used"/> ends.</summary>
    public static DateTimeOffset ExpiryOf(DateTimeOffset created, DateTimeOffset used, TimeSpan lifetime) =>
        used + lifetime < created + Longest ? used + lifetime : created + Longest;

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
