namespace Orbit.ControlPlane.Bookings;

/// <summary>A host, or one service on it, kept for one person for a time. It ends by itself; what runs already goes on.</summary>
internal sealed class Booking
{
    public long Id { get; private set; }
    public string Host { get; init; } = "";

    /// <summary>Empty: the whole host.</summary>
    public string Service { get; init; } = "";

    public string BookedBy { get; init; } = "";
    public string Note { get; init; } = "";
    public DateTimeOffset StartsAt { get; init; }
    public DateTimeOffset EndsAt { get; private set; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>True while it keeps others waiting.</summary>
    public bool IsActive(DateTimeOffset now) => StartsAt <= now && now < EndsAt;

    /// <summary>Ends it. False when it had ended.</summary>
    public bool End(DateTimeOffset now)
    {
        if (EndsAt <= now)
        {
            return false;
        }

        EndsAt = now;
        return true;
    }

    /// <summary>True when it keeps somebody's work from a host, or from a service there.</summary>
    public bool Keeps(string host, string service, string who) =>
        Host == host && (Service.Length == 0 || Service == service) && BookedBy != who;

    /// <summary>True when both want the same thing at the same time.</summary>
    public bool Overlaps(string host, string service, DateTimeOffset from, DateTimeOffset until) =>
        Host == host && (Service.Length == 0 || service.Length == 0 || Service == service) && StartsAt < until && from < EndsAt;

    /// <summary>A booking from one time to another.</summary>
    public static Booking Of(BookingWish wish, string by, DateTimeOffset from, DateTimeOffset now) => new()
    {
        Host = wish.Host,
        Service = wish.Service,
        Note = wish.Note,
        BookedBy = by,
        StartsAt = from,
        EndsAt = wish.EndsAt,
        CreatedAt = now,
    };
}

/// <summary>What a person wants to book.</summary>
/// <param name="Host">The host.</param>
/// <param name="Service">The service; empty: the whole host.</param>
/// <param name="Note">Why.</param>
/// <param name="StartsAt">From when; null: from now.</param>
/// <param name="EndsAt">Until when.</param>
internal sealed record BookingWish(string Host, string Service, string Note, DateTimeOffset? StartsAt, DateTimeOffset EndsAt);
