using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Bookings;

internal sealed class BookingConfiguration : IEntityTypeConfiguration<Booking>
{
    public void Configure(EntityTypeBuilder<Booking> booking)
    {
        booking.ToTable("bookings");
        booking.HasKey(b => b.Id);
        booking.Property(b => b.Host).HasMaxLength(100);
        booking.Property(b => b.Service).HasMaxLength(100);
        booking.Property(b => b.BookedBy).HasMaxLength(254);
        booking.Property(b => b.Note).HasMaxLength(500);
        booking.HasIndex(b => b.EndsAt); // those that have not ended
        booking.HasIndex(b => new { b.Host, b.EndsAt }); // whether a host is booked
    }
}
