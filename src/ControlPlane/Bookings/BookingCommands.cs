using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Bookings;

/// <summary>Makes and ends bookings.</summary>
internal sealed class BookingCommands(OrbitStore store, SettingsSnapshot settings, TimeProvider time)
{
    private const int LongestName = 100;
    private const int LongestNote = 500;
    private static readonly TimeSpan FarthestStart = TimeSpan.FromDays(90);

    /// <summary>Books for a person.</summary>
    /// <exception cref="OrbitException">BOOKING_INVALID, HOST_NOT_FOUND, BOOKING_OVERLAPS.</exception>
    public Task<Booking> BookAsync(BookingWish wish, Caller by, CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset from = wish.StartsAt is { } wanted && wanted > now ? wanted : now;
        Check(wish, from, now);
        return store.WriteAsync(
            async (database, token) =>
            {
                if (!await database.Agents.AnyAsync(a => a.Host == wish.Host, token))
                {
                    throw OrbitException.NotFound("HOST_NOT_FOUND", $"No agent is on host '{wish.Host}'.");
                }

                if (!database.IsEmbedded)
                {
                    await database.RunAsync("LOCK TABLE bookings IN SHARE ROW EXCLUSIVE MODE", [], token); // two who book at once: one is second
                }

                List<Booking> open = await database.Bookings.AsNoTracking().Where(b => b.Host == wish.Host && b.EndsAt > now).ToListAsync(token);
                if (open.Find(b => b.Overlaps(wish.Host, wish.Service, from, wish.EndsAt)) is { } other)
                {
                    throw OrbitException.Conflict(
                        "BOOKING_OVERLAPS", $"{other.BookedBy} has booked {(other.Service.Length == 0 ? "" : other.Service + " on ")}{other.Host} from {other.StartsAt:yyyy-MM-dd HH:mm} to {other.EndsAt:yyyy-MM-dd HH:mm} UTC.");
                }

                Booking booking = Booking.Of(wish, by.Name, from, now);
                database.Bookings.Add(booking);
                await database.SaveChangesAsync(token); // gives the id
                database.Audit(by, now, "booking.created", $"booking:{booking.Id}", @new: new { booking.Host, booking.Service, booking.Note, booking.StartsAt, booking.EndsAt });
                return booking;
            },
            ct);
    }

    /// <summary>Ends one now.</summary>
    /// <exception cref="OrbitException">BOOKING_NOT_FOUND, BOOKING_NOT_YOURS.</exception>
    public Task<Booking> EndAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Booking booking = await database.Bookings.AsTracking().FirstOrDefaultAsync(b => b.Id == id, token)
                    ?? throw OrbitException.NotFound("BOOKING_NOT_FOUND", $"There is no booking {id}.");
                if (!by.IsAdmin && booking.BookedBy != by.Name)
                {
                    throw new OrbitException(Refusal.Forbidden, "BOOKING_NOT_YOURS", $"Booking {id} is {booking.BookedBy}'s; its owner or an admin may end it.");
                }

                DateTimeOffset now = time.GetUtcNow();
                if (booking.End(now))
                {
                    database.Audit(by, now, "booking.ended", $"booking:{id}", @new: new { booking.EndsAt });
                    database.RaiseAfterCommit(Topics.Queue);
                }

                return booking;
            },
            ct);

    private void Check(BookingWish wish, DateTimeOffset from, DateTimeOffset now)
    {
        var longest = TimeSpan.FromHours(settings.Get(SettingCatalog.BookingMaxHours));
        var problems = new Dictionary<string, string>();
        if (TextRule.NameProblem(wish.Host, LongestName) is { } wrongHost)
        {
            problems["host"] = wrongHost;
        }

        if (wish.Service.Length > 0 && TextRule.NameProblem(wish.Service, LongestName) is { } wrongService)
        {
            problems["service"] = wrongService;
        }

        if (wish.Note.Length > LongestNote || !TextRule.IsStorable(wish.Note))
        {
            problems["note"] = $"must be text of up to {LongestNote} characters";
        }

        if (wish.EndsAt <= from)
        {
            problems["ends_at"] = "must be after the booking begins, and in the future";
        }
        else if (wish.EndsAt - from > longest)
        {
            problems["ends_at"] = $"is more than {longest.TotalHours:0} hours after the booking begins";
        }

        if (from - now > FarthestStart)
        {
            problems["starts_at"] = $"is more than {FarthestStart.TotalDays:0} days away";
        }

        if (problems.Count > 0)
        {
            throw new OrbitException(Refusal.Invalid, "BOOKING_INVALID", $"The booking is not valid: {string.Join("; ", problems.Select(p => $"{p.Key} {p.Value}"))}.") { Details = problems };
        }
    }
}
