using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Bearer tokens: signed references to a session, nothing more. One algorithm, one key, one type, one audience; whatever a token says of
/// keys or algorithms itself is not followed.
/// </summary>
internal sealed class SessionTokens(KeyRing keys, ServerIdentity identity, TimeProvider time)
{
    private const int LongestToken = 2048;
    private const string Type = "orbit-session+jwt";
    private const string Audience = "orbit-user";
    private const string SessionClaim = "sid";
    private const string KeyId = "1";
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false };
    private readonly Lazy<SymmetricSecurityKey> _key = new(() => new(keys.HmacKey(KeyPurposes.SessionSigning)) { KeyId = KeyId });

    private string Issuer => $"orbit:{identity.ServerId:D}";

    /// <summary>The token of a session. It outlives the session's present expiry, which use moves; the session's row decides.</summary>
    public string Issue(Session session) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        TokenType = Type,
        Issuer = Issuer,
        Audience = Audience,
        IssuedAt = session.CreatedAt.UtcDateTime,
        Expires = (session.CreatedAt + Session.Longest).UtcDateTime,
        Subject = new ClaimsIdentity([new Claim(SessionClaim, session.Id.ToString("D"))]),
        SigningCredentials = new SigningCredentials(_key.Value, SecurityAlgorithms.HmacSha256),
    });

    /// <summary>The session that a token names.</summary>
    /// <exception cref="OrbitException">TOKEN_INVALID.</exception>
    public async Task<Guid> ReadAsync(string token)
    {
        if (token.Length <= LongestToken)
        {
            TokenValidationResult result = await _handler.ValidateTokenAsync(token, Rules());
            if (result.IsValid && result.Claims.TryGetValue(SessionClaim, out object? claim) && Guid.TryParseExact(claim as string, "D", out Guid session))
            {
                return session;
            }
        }

        throw new OrbitException(Refusal.Unauthenticated, "TOKEN_INVALID", "The token is not one of this server's, or it is too old. Sign in again.");
    }

    private TokenValidationParameters Rules() => new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        ValidTypes = [Type],
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        IssuerSigningKey = _key.Value,
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = IsInTime,
    };

    /// <summary>When it was issued does not matter: a clock that was set back must not lock everybody out, and the session's row decides.</summary>
    private bool IsInTime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters rules) =>
        expires > time.GetUtcNow().UtcDateTime;
}
