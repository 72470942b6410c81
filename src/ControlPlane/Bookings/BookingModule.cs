namespace Orbit.ControlPlane.Bookings;

/// <summary>Registers bookings.</summary>
internal static class BookingModule
{
    /// <summary>Adds the commands.</summary>
    public static IServiceCollection AddBookings(this IServiceCollection services) => services.AddSingleton<BookingCommands>();

    /// <summary>Maps the service.</summary>
    public static void MapBookings(this IEndpointRouteBuilder routes) => routes.MapGrpcService<BookingGrpcService>();
}
