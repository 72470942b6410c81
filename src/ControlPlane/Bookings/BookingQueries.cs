using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Bookings;

/// <summary>Reads of bookings.</summary>
internal static class BookingQueries
{
    private const int MostListed = 1000;

    extension(OrbitDbContext database)
    {
        public DbSet<Booking> Bookings => database.Set<Booking>();
    }

    /// <summary>Those that keep others waiting now. Served by the index on their end.</summary>
    public static Task<List<Booking>> ActiveAsync(this DbSet<Booking> bookings, DateTimeOffset now, CancellationToken ct) =>
        bookings.AsNoTracking().Where(b => b.EndsAt > now && b.StartsAt <= now).OrderBy(b => b.Id).ToListAsync(ct);

    /// <summary>Those that have not ended, of one host or all, by host, service and time.</summary>
    public static Task<List<Booking>> OpenAsync(this DbSet<Booking> bookings, string host, DateTimeOffset now, CancellationToken ct) =>
        bookings.AsNoTracking()
            .Where(b => b.EndsAt > now && (host == "" || b.Host == host))
            .OrderBy(b => b.Host).ThenBy(b => b.Service).ThenBy(b => b.StartsAt).ThenBy(b => b.Id)
            .Take(MostListed)
            .ToListAsync(ct);

    /// <summary>True when somebody else has booked the host, or the service on it, now. Served by the index on host and end.</summary>
    public static async Task<bool> IsBookedAsync(
        this OrbitDbContext database, string host, string service, string who, DateTimeOffset now, CancellationToken ct) =>
        (await database.QueryAsync(
            """
            SELECT 1 FROM bookings
            WHERE host = @p0 AND ends_at > @p3 AND starts_at <= @p3 AND (service = '' OR service = @p1) AND booked_by <> @p2 LIMIT 1
            """,
            [host, service, who, now], static row => row.Int(0), ct)).Count > 0;
}
