using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Bookings;

/// <summary>Bookings between the domain and the wire.</summary>
internal static class BookingMapping
{
    /// <summary>What a person wants to book.</summary>
    /// <exception cref="OrbitException">BOOKING_INVALID without an end, TIME_INVALID.</exception>
    public static BookingWish ToWish(this Wire.CreateBookingRequest request) => new(
        request.Host, request.Service, request.Note, request.StartsAt.ToTime("starts_at"),
        request.EndsAt.ToTime("ends_at") ?? throw OrbitException.Invalid("BOOKING_INVALID", "ends_at is required."));

    /// <summary>A booking as people see it.</summary>
    public static Wire.Booking ToWire(this Booking booking, DateTimeOffset now) => new()
    {
        Id = booking.Id,
        Host = booking.Host,
        Service = booking.Service,
        BookedBy = booking.BookedBy,
        Note = booking.Note,
        StartsAt = booking.StartsAt.ToWire(),
        EndsAt = booking.EndsAt.ToWire(),
        Active = booking.IsActive(now),
    };
}
