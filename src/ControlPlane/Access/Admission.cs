using System.Net;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.ControlPlane.Settings;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Decides whether a call may go on, before any of its own code runs, and attaches who it is. Credentials come from headers or the cookie,
/// never from the address of a request.
/// </summary>
internal sealed class Admission(
    MethodAccess methods, SessionTokens tokens, SessionGate sessions, ApiTokenGate apiTokens, SettingsSnapshot settings, IOptions<AccessOptions> options)
{
    private const string WebhookHeader = "X-Orbit-Token";
    private const string Scheme = "Bearer ";
    private static readonly byte[] ComparisonKey = RandomNumberGenerator.GetBytes(32);

    /// <summary>Admits a gRPC call, in whatever form it came.</summary>
    /// <exception cref="OrbitException">
    /// TOKEN_MISSING, TOKEN_INVALID, SESSION_ENDED, SESSION_ADDRESS_CHANGED, API_TOKEN_INVALID, SCOPE_MISSING, ROLE_MISSING or
    /// WEBHOOK_TOKEN_INVALID.
    /// </exception>
    public async ValueTask AdmitAsync(ServerCallContext call)
    {
        HttpContext context = call.GetHttpContext();
        MethodRule rule = methods.Of(call.Method);
        if (rule.GrpcPortOnly && !NamedEndpoints.ServesAgents(context))
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, "This service is served on the gRPC port and over TLS alone."));
        }

        if (rule.Access == Wire.Access.Agent)
        {
            RefusePeople(context);
            return;
        }

        (await CallerForAsync(context, rule, call.CancellationToken)).AttachTo(context);
    }

    /// <summary>Who a plain HTTP request comes from: a page that is opened, a file that is fetched.</summary>
    /// <param name="context">The request.</param>
    /// <param name="cookieAlone">True for reading by address, where no script can add the proof header. Never for what changes anything.</param>
    /// <param name="least">The role that is needed.</param>
    /// <exception cref="OrbitException">As <see cref="AdmitAsync"/>.</exception>
    public async ValueTask<Caller> SignedInAsync(HttpContext context, bool cookieAlone, PersonRole least = PersonRole.Viewer)
    {
        string token = BearerOf(context) ?? CookieOf(context, cookieAlone) ?? throw Missing();
        Caller caller = await OfTokenAsync(context, token, context.RequestAborted);
        return Allowed(caller, least, least is PersonRole.Viewer ? ApiToken.Read : ApiToken.Runs);
    }

    /// <summary>Address a request came from; empty when unknown.</summary>
    public static string AddressOf(HttpContext context)
    {
        IPAddress? address = context.Connection.RemoteIpAddress;
        return address is null ? "" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    private async ValueTask<Caller> CallerForAsync(HttpContext context, MethodRule rule, CancellationToken ct)
    {
        switch (rule.Access)
        {
            case Wire.Access.Anonymous:
                return new Caller("anonymous", IsAdmin: false, SessionId: null, AddressOf(context));
            case Wire.Access.Webhook:
                return await WebhookAsync(context, ct);
            default:
                // A read by address changes nothing, its answer can be read by our own pages alone, and the cookie comes from our own pages alone.
                bool cookieAlone = context.Features.Get<RestCall>() is { Verb: "GET" } && context.Request.Headers["Sec-Fetch-Site"] != "cross-site";
                string token = BearerOf(context) ?? CookieOf(context, cookieAlone) ?? throw Missing();
                return Allowed(await OfTokenAsync(context, token, ct), RoleOf(rule.Access), rule.Scope);
        }
    }

    private static PersonRole RoleOf(Wire.Access access) => access switch
    {
        Wire.Access.Viewer => PersonRole.Viewer,
        Wire.Access.User => PersonRole.User,
        Wire.Access.Admin => PersonRole.Admin,
        _ => throw new InvalidOperationException($"No rule for {access}."),
    };

    private static Caller Allowed(Caller caller, PersonRole least, string scope)
    {
        if (caller.Role < least)
        {
            throw RoleMissing(least is PersonRole.Admin
                ? "This needs the role admin: sign in with the admin password."
                : "This needs the role user; yours is viewer, which may read. An admin can change that.");
        }

        return caller.Token is not { } token || ApiToken.Allows(token.Scopes, scope)
            ? caller
            : throw new OrbitException(
                Refusal.Forbidden, "SCOPE_MISSING", $"This needs an API token with the scope '{scope}'; this one has {string.Join(", ", token.Scopes)}.");
    }

    private async ValueTask<Caller> WebhookAsync(HttpContext context, CancellationToken ct)
    {
        string? wanted = string.IsNullOrEmpty(options.Value.WebhookToken) ? null : options.Value.WebhookToken;
        string? given = Only(context.Request.Headers[WebhookHeader]) ?? BearerOf(context);
        var ci = new Caller("webhook", IsAdmin: false, SessionId: null, AddressOf(context));
        if (given is not null && wanted is not null && IsSame(given, wanted))
        {
            return ci;
        }

        // Somebody else's token: those of sessions are the only ones with two dots, API tokens have a beginning of their own.
        if ((given ?? CookieOf(context, alone: false)) is { } token && (ApiTokenGate.IsOne(token) || token.Count(c => c == '.') == 2))
        {
            return Allowed(await OfTokenAsync(context, token, ct), PersonRole.User, ApiToken.Builds);
        }

        return wanted is null ? ci
            : given is null ? throw Missing()
            : throw new OrbitException(Refusal.Unauthenticated, "WEBHOOK_TOKEN_INVALID", "The webhook token is wrong.");
    }

    private async ValueTask<Caller> OfTokenAsync(HttpContext context, string token, CancellationToken ct)
    {
        string address = AddressOf(context);
        if (ApiTokenGate.IsOne(token))
        {
            return await apiTokens.UseAsync(token, address, ct);
        }

        Session session = await sessions.UseAsync(await tokens.ReadAsync(token), ct);
        if (session.RemoteAddress != address && settings.Get(SettingCatalog.BindSessionToAddress))
        {
            throw new OrbitException(
                Refusal.Unauthenticated, "SESSION_ADDRESS_CHANGED", "The session was signed in from another address, and this server binds sessions to theirs. Sign in again.");
        }

        return new Caller(session.Email, session.IsAdmin, session.Id, address) { Role = session.Role };
    }

    /// <summary>Agents prove a key inside the stream; somebody with a token of another kind is at the wrong door.</summary>
    private static void RefusePeople(HttpContext context)
    {
        bool carriesToken = context.Request.Headers.Authorization.Count > 0 || context.Request.Headers.ContainsKey(WebhookHeader)
            || SignInCookie.Read(context) is not null;
        if (carriesToken)
        {
            throw RoleMissing("This method is for agents, which prove their key instead of sending a token.");
        }
    }

    private static string? BearerOf(HttpContext context)
    {
        StringValues header = context.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return null;
        }

        string? text = Only(header);
        return text is not null && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && text.Length > Scheme.Length
            ? text[Scheme.Length..].Trim()
            : throw new OrbitException(Refusal.Unauthenticated, "TOKEN_INVALID", "The header Authorization must be 'Bearer' and one token.");
    }

    private static string? CookieOf(HttpContext context, bool alone) =>
        alone || SignInCookie.HasProof(context) ? SignInCookie.Read(context) : null;

    private static string? Only(StringValues header) => header.Count == 1 ? header[0] : null;

    /// <summary>Takes as long for the first wrong letter as for the last, whatever the lengths.</summary>
    private static bool IsSame(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(
            HMACSHA256.HashData(ComparisonKey, Encoding.UTF8.GetBytes(given)), HMACSHA256.HashData(ComparisonKey, Encoding.UTF8.GetBytes(wanted)));

    private static OrbitException Missing() => new(
        Refusal.Unauthenticated,
        "TOKEN_MISSING",
        $"This needs a token: the header 'Authorization: Bearer TOKEN', or the sign-in cookie with the header '{SignInCookie.ProofHeader}: 1'. Tokens are not taken from the address.");

    private static OrbitException RoleMissing(string message) => new(Refusal.Forbidden, "ROLE_MISSING", message);
}
