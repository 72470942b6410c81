using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Access;

/// <summary>The wire face of signing in and of sessions.</summary>
internal sealed class AuthGrpcService(
    LoginCommands login, SessionCommands sessions, SessionGate gate, SessionTokens tokens, OrbitStore store, TimeProvider time)
    : Wire.AuthService.AuthServiceBase
{
    private const int UsualPage = 50;
    private const int LargestPage = 1000;

    public override async Task<Wire.LoginResponse> Login(Wire.LoginRequest request, ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        string email = EmailAddress.Parse(request.Email);
        var attempt = new LoginAttempt(email, request.Password, request.Code, Admission.AddressOf(http), http.Request.Headers.UserAgent.ToString());
        Session? session = await login.LoginAsync(attempt, context.CancellationToken);
        if (session is null)
        {
            return new Wire.LoginResponse { Email = email, CodeSent = true };
        }

        string token = tokens.Issue(session);
        if (SignInCookie.IsWanted(http))
        {
            SignInCookie.Write(http, token);
            token = "";
        }

        return session.ToLogin(token);
    }

    public override async Task<Wire.LogoutResponse> Logout(Wire.LogoutRequest request, ServerCallContext context)
    {
        Caller caller = Caller.Of(context);
        await sessions.EndAsync(caller, caller.RequireSession(), context.CancellationToken);
        SignInCookie.Clear(context.GetHttpContext());
        return new Wire.LogoutResponse();
    }

    public override async Task<Wire.GetMeResponse> GetMe(Wire.GetMeRequest request, ServerCallContext context)
    {
        Caller caller = Caller.Of(context);
        if (caller.Token is { } token)
        {
            ApiToken row = await store.ReadAsync((database, ct) => database.ApiTokenAsync(token.Id, ct), context.CancellationToken);
            return row.ToMe(caller.Role);
        }

        return (await gate.UseAsync(caller.RequireSession(), context.CancellationToken)).ToMe();
    }

    public override async Task<Wire.ListSessionsResponse> ListSessions(Wire.ListSessionsRequest request, ServerCallContext context)
    {
        int size = request.PageSize switch
        {
            0 => UsualPage,
            >= 1 and <= LargestPage => request.PageSize,
            _ => throw OrbitException.Invalid("PAGE_SIZE_INVALID", $"page_size must be from 1 to {LargestPage}, or 0 for {UsualPage}."),
        };
        Guid? before = request.PageToken.Length == 0 ? null
            : Guid.TryParseExact(request.PageToken, "N", out Guid last) ? last
            : throw OrbitException.Invalid("PAGE_TOKEN_INVALID", "page_token must be the next_page_token of an earlier answer.");
        DateTimeOffset now = time.GetUtcNow();
        List<Session> rows = await store.ReadAsync(
            (database, ct) => database.Sessions.NewestLiveAsync(before, now, size + 1, ct), context.CancellationToken);
        var response = new Wire.ListSessionsResponse { NextPageToken = rows.Count > size ? rows[size - 1].Id.ToString("N") : "" };
        response.Sessions.AddRange(rows.Take(size).Select(s => s.ToWire()));
        return response;
    }

    public override async Task<Wire.EndSessionResponse> EndSession(Wire.EndSessionRequest request, ServerCallContext context)
    {
        Guid id = Guid.TryParse(request.Id, out Guid parsed)
            ? parsed
            : throw OrbitException.NotFound("SESSION_NOT_FOUND", "id is not the id of a session.");
        await sessions.EndAsync(Caller.Of(context), id, context.CancellationToken);
        return new Wire.EndSessionResponse();
    }
}
