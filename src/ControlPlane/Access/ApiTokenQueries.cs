using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Reads of API tokens.</summary>
internal static class ApiTokenQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<ApiToken> ApiTokens => database.Set<ApiToken>();

        /// <summary>A token with its owner, who is null where no admin gave a role and nobody signed in.</summary>
        public async Task<(ApiToken Token, Person? Owner)?> ApiTokenByHashAsync(byte[] hash, CancellationToken ct)
        {
            var found = await (
                from token in database.Set<ApiToken>()
                where token.Hash == hash
                join person in database.Set<Person>() on token.Owner equals person.Email into owners
                from owner in owners.DefaultIfEmpty()
                select new { token, owner }).AsNoTracking().SingleOrDefaultAsync(ct);
            return found is null ? null : (found.token, found.owner);
        }

        /// <summary>The token of a call, which was found a moment ago.</summary>
        /// <exception cref="OrbitException">API_TOKEN_NOT_FOUND.</exception>
        public async Task<ApiToken> ApiTokenAsync(Guid id, CancellationToken ct) =>
            await database.Set<ApiToken>().AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, ct)
                ?? throw OrbitException.NotFound("API_TOKEN_NOT_FOUND", $"There is no API token {id}.");

        /// <summary>Of these tokens the ones that still hold.</summary>
        public Task<List<Guid>> LiveApiTokensAsync(IReadOnlyCollection<Guid> ids, DateTimeOffset now, CancellationToken ct) =>
            database.Set<ApiToken>().AsNoTracking()
                .Where(t => ids.Contains(t.Id) && t.RevokedAt == null && t.ExpiresAt > now)
                .Where(t => !database.Set<Person>().Any(p => p.Email == t.Owner && p.Blocked))
                .Select(t => t.Id)
                .ToListAsync(ct);
    }

    /// <summary>A page, newest first; ids are time-ordered. Served by (owner, id) or the primary key.</summary>
    /// <param name="tokens">The table.</param>
    /// <param name="owner">Whose; null for everybody's.</param>
    /// <param name="before">Only tokens older than this one; null for the newest.</param>
    /// <param name="size">Rows of the page.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<Page<ApiToken>> PageAsync(this DbSet<ApiToken> tokens, string? owner, Guid? before, int size, CancellationToken ct)
    {
        IQueryable<ApiToken> rows = tokens.AsNoTracking();
        if (owner is not null)
        {
            rows = rows.Where(t => t.Owner == owner);
        }

        if (before is { } last)
        {
            rows = rows.Where(t => t.Id.CompareTo(last) < 0);
        }

        return Paging.Cut(await rows.OrderByDescending(t => t.Id).Take(size + 1).ToListAsync(ct), size, t => t.Id.ToString("N"));
    }
}
