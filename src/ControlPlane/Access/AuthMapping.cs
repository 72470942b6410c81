using Google.Protobuf.WellKnownTypes;
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
    };

    /// <summary>The caller's own session.</summary>
    public static Wire.GetMeResponse ToMe(this Session session) => new()
    {
        Email = session.Email,
        IsAdmin = session.IsAdmin,
        ExpiresAt = Timestamp.FromDateTimeOffset(session.ExpiresAt),
        SessionId = session.Id.ToString("D"),
    };

    /// <summary>A session as admins see it.</summary>
    public static Wire.UserSession ToWire(this Session session) => new()
    {
        Id = session.Id.ToString("D"),
        Email = session.Email,
        IsAdmin = session.IsAdmin,
        RemoteAddress = session.RemoteAddress,
        UserAgent = session.UserAgent,
        CreatedAt = Timestamp.FromDateTimeOffset(session.CreatedAt),
        LastSeenAt = Timestamp.FromDateTimeOffset(session.LastSeenAt),
        ExpiresAt = Timestamp.FromDateTimeOffset(session.ExpiresAt),
    };
}
