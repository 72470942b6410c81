using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Orbit.ControlPlane.Notifications;
using Orbit.ControlPlane.Outbox;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Notifications;

public sealed class DeliveryClaimTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_replica_that_was_paused_while_it_sent_changes_nothing_once_another_has_taken_over(string provider)
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(provider);
        var ahead = new ShiftedClock(); // by its own clock the server finds nothing that is due
        ahead.Advance(TimeSpan.FromHours(1));
        DeliveryCommands commands = ActivatorUtilities.CreateInstance<DeliveryCommands>(orbit.Services, ahead);
        await orbit.Store.WriteAsync(
            (stored, _) =>
            {
                stored.Enqueue(Delivery.Of(DeliveryKind.Mail, "a@example.org", "s", [1], ahead.GetUtcNow()));
                return Task.FromResult(0);
            },
            default);
        Delivery paused = Assert.Single(await commands.TakeAsync(mails: true, 5, default));
        Assert.Empty(await commands.TakeAsync(mails: true, 5, default));
        ahead.Advance(TimeSpan.FromMinutes(6));
        Delivery taken = Assert.Single(await commands.TakeAsync(mails: true, 5, default));
        Assert.Equal((paused.Id, 2), (taken.Id, taken.Tries));

        await commands.SettleAsync(paused, new DeliveryOutcome("550 no", IsPermanent: true), default);
        Assert.Equal(DeliveryState.Sending, (await StoredAsync()).State);
        await commands.SettleAsync(taken, DeliveryOutcome.Taken, default);
        await commands.SettleAsync(paused, new DeliveryOutcome("550 no", IsPermanent: true), default);
        Assert.Equal((DeliveryState.Sent, ""), ((await StoredAsync()).State, (await StoredAsync()).LastError));

        Task<Delivery> StoredAsync() => orbit.Store.ReadAsync((stored, ct) => stored.Deliveries.AsNoTracking().SingleAsync(d => d.Id == paused.Id, ct), default);
    }
}
