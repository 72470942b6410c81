using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Bookings;

/// <summary>The wire face of bookings.</summary>
internal sealed class BookingGrpcService(BookingCommands commands, OrbitStore store, TimeProvider time) : Wire.BookingService.BookingServiceBase
{
    public override async Task<Wire.ListBookingsResponse> ListBookings(Wire.ListBookingsRequest request, ServerCallContext context)
    {
        DateTimeOffset now = time.GetUtcNow();
        string host = TextRule.Filter("host", request.Host);
        List<Booking> open = await store.ReadAsync((database, ct) => database.Bookings.OpenAsync(host, now, ct), context.CancellationToken);
        return new() { Bookings = { open.Select(b => b.ToWire(now)) } };
    }

    public override async Task<Wire.Booking> CreateBooking(Wire.CreateBookingRequest request, ServerCallContext context) =>
        (await commands.BookAsync(request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire(time.GetUtcNow());

    public override async Task<Wire.Booking> EndBooking(Wire.EndBookingRequest request, ServerCallContext context) =>
        (await commands.EndAsync(request.Id, Caller.Of(context), context.CancellationToken)).ToWire(time.GetUtcNow());
}
