using Google.Protobuf.WellKnownTypes;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using Refused = Orbit.ControlPlane.Tests.Access.Refused;

namespace Orbit.ControlPlane.Tests.Bookings;

/// <summary>A host, or a service on it, kept for one person.</summary>
public sealed class BookingTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Runs_of_others_wait_and_say_for_whom_until_the_booking_ends_by_itself(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync();
        var other = new BookingService.BookingServiceClient(await lab.Orbit.UserAsync("other@example.org"));
        Booking booking = await BookAsync(other, lab, "lab-1", TimeSpan.FromHours(2), note: "kernel upgrade");
        Assert.True(booking.Active);

        Run run = await lab.TriggerAsync(await lab.ItemAsync());
        string until = booking.EndsAt.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        await lab.UntilAsync(run.Id, r => r.WaitingReason == $"waits for host lab-1, booked by other@example.org until {until} UTC: kernel upgrade");
        Assert.DoesNotContain(agent.Received, m => m.Offer is not null);

        lab.Orbit.Clock.Advance(TimeSpan.FromHours(2.1));
        Assert.Equal(run.Id, (await agent.OfferAsync()).Offer.Plan.Deploy.RunId);
        Assert.Empty((await other.ListBookingsAsync(new ListBookingsRequest())).Bookings);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task The_one_who_booked_runs_and_a_booked_service_leaves_the_rest_of_the_host_free(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        FakeAgentSession agent = await lab.AgentAsync(adjust: h => h.Slots = 4);
        (long shop, long build) = await lab.ShopAsync();
        var other = new BookingService.BookingServiceClient(await lab.Orbit.UserAsync("other@example.org"));
        Booking booking = await BookAsync(other, lab, "lab-1", TimeSpan.FromHours(1), service: "shop");

        Run waits = await lab.TriggerAsync(shop, build);
        await lab.UntilAsync(waits.Id, r => r.WaitingReason.StartsWith("waits for service shop on host lab-1, booked by other@example.org", StringComparison.Ordinal));
        (_, FakeWork elsewhere) = await lab.AcceptedAsync(agent);
        await elsewhere.EndAsync();
        Run own = await new RunService.RunServiceClient(await lab.Orbit.UserAsync("other@example.org")).TriggerDeployTestAsync(
            new TriggerDeployTestRequest { TestItemId = shop, BuildInfoId = build });
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        Assert.Equal(own.Id, work.Offer.Plan.Deploy.RunId);
        await work.EndAsync();

        Assert.Equal("BOOKING_NOT_YOURS", await Refused.ReasonAsync(async () => await new BookingService.BookingServiceClient(lab.User).EndBookingAsync(new EndBookingRequest { Id = booking.Id })));
        var admin = new BookingService.BookingServiceClient(lab.Admin);
        Assert.False((await admin.EndBookingAsync(new EndBookingRequest { Id = booking.Id })).Active);
        Assert.False((await admin.EndBookingAsync(new EndBookingRequest { Id = booking.Id })).Active);
        Assert.Equal(waits.Id, (await agent.OfferAsync()).Offer.Plan.Deploy.RunId);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Of_two_who_book_the_same_at_once_one_is_refused(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        await lab.AgentAsync();
        var bookings = new BookingService.BookingServiceClient(lab.User);

        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            try
            {
                await BookAsync(bookings, lab, "lab-1", TimeSpan.FromHours(1), service: i % 2 == 0 ? "" : "shop");
                return "booked";
            }
            catch (Grpc.Core.RpcException refused)
            {
                return Refused.ReasonOf(refused);
            }
        }));

        Assert.Equal(5, outcomes.Count(o => o == "BOOKING_OVERLAPS"));
        Assert.Single(outcomes, o => o == "booked");
    }

    [Fact]
    public async Task Wrong_bookings_are_refused()
    {
        await using Lab lab = await Lab.StartAsync(Databases.Sqlite);
        await lab.AgentAsync();
        var bookings = new BookingService.BookingServiceClient(lab.User);

        Assert.Equal("HOST_NOT_FOUND", await Refused.ReasonAsync(() => BookAsync(bookings, lab, "nowhere", TimeSpan.FromHours(1))));
        Assert.Equal("BOOKING_INVALID", await Refused.ReasonAsync(() => BookAsync(bookings, lab, "", TimeSpan.FromHours(1))));
        Assert.Equal("BOOKING_INVALID", await Refused.ReasonAsync(() => BookAsync(bookings, lab, "lab-1", TimeSpan.FromHours(-1))));
        Assert.Equal("BOOKING_INVALID", await Refused.ReasonAsync(() => BookAsync(bookings, lab, "lab-1", TimeSpan.FromHours(25))));
        Assert.Equal("BOOKING_INVALID", await Refused.ReasonAsync(() => BookAsync(bookings, lab, "lab-1", TimeSpan.FromHours(1), note: new string('x', 501))));
        Assert.Equal("BOOKING_NOT_FOUND", await Refused.ReasonAsync(async () => await bookings.EndBookingAsync(new EndBookingRequest { Id = 4711 })));
    }

    private static async Task<Booking> BookAsync(BookingService.BookingServiceClient bookings, Lab lab, string host, TimeSpan time, string service = "", string note = "") =>
        await bookings.CreateBookingAsync(new CreateBookingRequest
        {
            Host = host,
            Service = service,
            Note = note,
            EndsAt = Timestamp.FromDateTimeOffset(lab.Orbit.Clock.GetUtcNow() + time),
        });
}
