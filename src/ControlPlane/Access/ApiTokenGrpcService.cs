using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Access;

/// <summary>The wire face of API tokens.</summary>
internal sealed class ApiTokenGrpcService(ApiTokenCommands commands, OrbitStore store) : Wire.ApiTokenService.ApiTokenServiceBase
{
    public override async Task<Wire.CreateApiTokenResponse> CreateApiToken(Wire.CreateApiTokenRequest request, ServerCallContext context)
    {
        Caller caller = Caller.Of(context);
        caller.RequireSession();
        (ApiToken row, string secret) = await commands.CreateAsync(request.Name, request.Scopes, request.TtlS, caller, context.CancellationToken);
        return new() { Token = secret, ApiToken = row.ToWire() };
    }

    public override async Task<Wire.ListApiTokensResponse> ListApiTokens(Wire.ListApiTokensRequest request, ServerCallContext context)
    {
        Caller caller = Caller.Of(context);
        if (request.All && !caller.IsAdmin)
        {
            throw new OrbitException(Refusal.Forbidden, "ROLE_MISSING", "Everybody's tokens are listed for the role admin alone.");
        }

        int size = Paging.Size(request.PageSize, request.Limit);
        Guid? before = Paging.TextAfter(request.PageToken) is not { } text ? null
            : Guid.TryParseExact(text, "N", out Guid last) ? last
            : throw OrbitException.Invalid("PAGE_TOKEN_INVALID", "page_token must be the next_page_token of an earlier answer.");
        string? owner = request.All ? null : caller.Name;
        Page<ApiToken> page = await store.ReadAsync(
            (database, ct) => database.ApiTokens.PageAsync(owner, before, size, ct), context.CancellationToken);
        return new() { ApiTokens = { page.Rows.Select(t => t.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.RevokeApiTokenResponse> RevokeApiToken(Wire.RevokeApiTokenRequest request, ServerCallContext context)
    {
        Caller caller = Caller.Of(context);
        caller.RequireSession();
        Guid id = Guid.TryParse(request.Id, out Guid parsed)
            ? parsed
            : throw OrbitException.NotFound("API_TOKEN_NOT_FOUND", "id is not the id of an API token.");
        await commands.RevokeAsync(id, caller, context.CancellationToken);
        return new();
    }
}
