using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Access;

/// <summary>Sessions on the wire.</summary>
internal static class AuthMapping
{
    /// <summary>A new session, with its token or an empty one where it went into a cookie.</summary>
    public static Wire.LoginResponse ToLogin(this Session session, string token) => new()
    {
        Token = token,
        ExpiresAt = Timestamp.FromDateTimeOffset(session.ExpiresAt),
        Email = session.Email,
        IsAdmin = session.IsAdmin,
        Role = session.Role.ToWire(),
    };

    /// <summary>The caller's own session.</summary>
    public static Wire.GetMeResponse ToMe(this Session session) => new()
    {
        Email = session.Email,
        IsAdmin = session.IsAdmin,
        Role = session.Role.ToWire(),
        ExpiresAt = Timestamp.FromDateTimeOffset(session.ExpiresAt),
        SessionId = session.Id.ToString("D"),
    };

    /// <summary>A session as admins see it.</summary>
    public static Wire.UserSession ToWire(this Session session) => new()
    {
        Id = session.Id.ToString("D"),
        Email = session.Email,
        IsAdmin = session.IsAdmin,
        Role = session.Role.ToWire(),
        RemoteAddress = session.RemoteAddress,
        UserAgent = session.UserAgent,
        CreatedAt = Timestamp.FromDateTimeOffset(session.CreatedAt),
        LastSeenAt = Timestamp.FromDateTimeOffset(session.LastSeenAt),
        ExpiresAt = Timestamp.FromDateTimeOffset(session.ExpiresAt),
    };

    /// <summary>A program that calls with a token.</summary>
    public static Wire.GetMeResponse ToMe(this ApiToken token, PersonRole role) => new()
    {
        Email = token.Owner,
        ExpiresAt = Timestamp.FromDateTimeOffset(token.ExpiresAt),
        Role = role.ToWire(),
        ApiTokenId = token.Id.ToString("D"),
        Scopes = { token.ScopeList },
    };

    /// <summary>A token without its secret.</summary>
    public static Wire.ApiToken ToWire(this ApiToken token) => new()
    {
        Id = token.Id.ToString("D"),
        Name = token.Name,
        Owner = token.Owner,
        Scopes = { token.ScopeList },
        Hint = token.Hint,
        CreatedAt = token.CreatedAt.ToWire(),
        ExpiresAt = token.ExpiresAt.ToWire(),
        LastUsedAt = token.LastUsedAt.ToWire(),
        RevokedAt = token.RevokedAt.ToWire(),
    };

    /// <summary>A person as admins see them.</summary>
    public static Wire.User ToWire(this Person person) => new()
    {
        Email = person.Email,
        Role = person.Role.ToWire(),
        Blocked = person.Blocked,
        CreatedAt = person.CreatedAt.ToWire(),
        LastLoginAt = person.LastLoginAt.ToWire(),
        LastAddress = person.LastAddress,
    };

    /// <summary>A role that an admin wants somebody to have; null to keep what is.</summary>
    /// <exception cref="OrbitException">ROLE_NOT_GRANTABLE for a number that names no role.</exception>
    public static PersonRole? ToDomain(this Wire.Role role) => role switch
    {
        Wire.Role.Unspecified => null,
        Wire.Role.Viewer => PersonRole.Viewer,
        Wire.Role.User => PersonRole.User,
        Wire.Role.Admin => PersonRole.Admin,
        _ => throw OrbitException.Invalid("ROLE_NOT_GRANTABLE", "role must be VIEWER or USER."),
    };

    private static Wire.Role ToWire(this PersonRole role) => role switch
    {
        PersonRole.Viewer => Wire.Role.Viewer,
        PersonRole.User => Wire.Role.User,
        PersonRole.Admin => Wire.Role.Admin,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };
}
