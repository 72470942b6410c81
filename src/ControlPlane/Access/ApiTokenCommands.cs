using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Makes and ends API tokens.</summary>
internal sealed class ApiTokenCommands(OrbitStore store, ApiTokenGate gate, SettingsSnapshot settings, TimeProvider time)
{
    /// <summary>Makes a token for the caller.</summary>
    /// <returns>The row, and the token itself, which is told this once.</returns>
    /// <exception cref="OrbitException">NAME_INVALID, SCOPE_INVALID, EXPIRY_INVALID, API_TOKEN_LIMIT.</exception>
    public Task<(ApiToken Row, string Secret)> CreateAsync(
        string name, IReadOnlyCollection<string> scopes, long lifetimeSeconds, Caller by, CancellationToken ct)
    {
        if (TextRule.NameProblem(name, ApiToken.LongestName) is { } problem)
        {
            throw OrbitException.Invalid("NAME_INVALID", $"The name {problem}; a name has 1 to {ApiToken.LongestName} characters.");
        }

        IReadOnlyCollection<string> allowed = ApiToken.CheckedScopes(scopes, by.Role);
        TimeSpan lifetime = Lifetime(lifetimeSeconds);
        return store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                int live = await database.ApiTokens.CountAsync(t => t.Owner == by.Name && t.RevokedAt == null && t.ExpiresAt > now, token);
                if (live >= ApiToken.MostPerPerson)
                {
                    throw OrbitException.Conflict("API_TOKEN_LIMIT", $"You have {live} live API tokens; {ApiToken.MostPerPerson} are allowed. End one first.");
                }

                (ApiToken row, string secret) = ApiToken.Make(name, by.Name, allowed, now, lifetime);
                database.ApiTokens.Add(row);
                database.Audit(by, now, "api_token.created", $"api_token:{row.Id}", null, new { row.Name, row.Owner, row.Scopes, row.ExpiresAt });
                return (row, secret);
            },
            ct);
    }

    /// <summary>Ends a token. Ending an ended one changes nothing.</summary>
    /// <exception cref="OrbitException">API_TOKEN_NOT_FOUND, also for somebody else's unless the caller is admin.</exception>
    public async Task RevokeAsync(Guid id, Caller by, CancellationToken ct)
    {
        await store.WriteAsync(
            async (database, token) =>
            {
                ApiToken row = await database.ApiTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id && (by.IsAdmin || t.Owner == by.Name), token)
                    ?? throw OrbitException.NotFound("API_TOKEN_NOT_FOUND", $"You have no API token {id}.");
                DateTimeOffset now = time.GetUtcNow();
                if (await database.RunAsync("UPDATE api_tokens SET revoked_at = @p1 WHERE id = @p0 AND revoked_at IS NULL", [id, now], token) == 1)
                {
                    database.Audit(by, now, "api_token.revoked", $"api_token:{id}", new { row.Name, row.Owner, row.Scopes });
                    database.RaiseAfterCommit(Topics.Sessions);
                }
            },
            ct);
        gate.Forget();
    }

    /// <summary>Writes down that tokens were used, to the minute.</summary>
    public Task NoteUseAsync(IReadOnlyCollection<(Guid Id, DateTimeOffset At)> used, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                foreach ((Guid id, DateTimeOffset at) in used.OrderBy(u => u.Id))
                {
                    await database.RunAsync(
                        "UPDATE api_tokens SET last_used_at = @p1 WHERE id = @p0 AND (last_used_at IS NULL OR last_used_at < @p2)",
                        [id, at, at - Session.RenewAfter],
                        token);
                }
            },
            ct);

    private TimeSpan Lifetime(long seconds)
    {
        TimeSpan longest = TimeSpan.FromDays(settings.Get(SettingCatalog.ApiTokenMaxDays));
        if (seconds == 0)
        {
            return longest < ApiToken.UsualLifetime ? longest : ApiToken.UsualLifetime;
        }

        return seconds >= (long)ApiToken.ShortestLifetime.TotalSeconds && seconds <= (long)longest.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw OrbitException.Invalid(
                "EXPIRY_INVALID", $"ttl_s is {seconds}; {ApiToken.ShortestLifetime.TotalSeconds:0} to {longest.TotalSeconds:0} are allowed (setting {SettingCatalog.ApiTokenMaxDays.Key}), or 0.");
    }
}
