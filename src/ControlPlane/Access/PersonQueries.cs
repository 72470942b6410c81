using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>Reads of people.</summary>
internal static class PersonQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Person> People => database.Set<Person>();
    }

    /// <summary>A page by address. Served by the primary key.</summary>
    public static async Task<Page<Person>> PageAsync(this DbSet<Person> people, string text, string? after, int size, CancellationToken ct)
    {
        IQueryable<Person> rows = people.AsNoTracking();
        if (text.Length > 0)
        {
            string wanted = text.ToLowerInvariant(); // addresses are stored in lower case
            rows = rows.Where(p => p.Email.Contains(wanted));
        }

        if (after is not null)
        {
            rows = rows.Where(p => string.Compare(p.Email, after) > 0);
        }

        return Paging.Cut(await rows.OrderBy(p => p.Email).Take(size + 1).ToListAsync(ct), size, p => p.Email);
    }
}
