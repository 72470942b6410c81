using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

internal static class SessionQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<Session> Sessions => database.Set<Session>();
    }

    /// <summary>Live sessions, newest first; ids are time-ordered. Served by the primary key.</summary>
    /// <param name="sessions">The table.</param>
    /// <param name="before">Only sessions older than this one; null for the newest.</param>
    /// <param name="now">Time of the call.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="ct">Cancels.</param>
    public static Task<List<Session>> NewestLiveAsync(this DbSet<Session> sessions, Guid? before, DateTimeOffset now, int limit, CancellationToken ct)
    {
        IQueryable<Session> live = sessions.AsNoTracking().Where(s => s.EndedAt == null && s.ExpiresAt > now);
        if (before is { } last)
        {
            live = live.Where(s => s.Id.CompareTo(last) < 0);
        }

        return live.OrderByDescending(s => s.Id).Take(limit).ToListAsync(ct);
    }
}
