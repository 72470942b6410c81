using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Trust;

internal static class TrustQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<StoredAuthority> Authorities => database.Set<StoredAuthority>();

        /// <summary>All authorities, the one in use first. There are few.</summary>
        public Task<List<StoredAuthority>> AllAuthoritiesAsync(CancellationToken ct) =>
            database.Authorities.AsNoTracking().OrderByDescending(a => a.Number).ToListAsync(ct);
    }
}
