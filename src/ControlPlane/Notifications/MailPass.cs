using Orbit.ControlPlane.Notifications.Smtp;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Sends the mails that are due.</summary>
internal sealed class MailPass(DeliveryCommands deliveries, MailSending sending, TimeProvider time, Signals signals, ILogger<MailPass> log)
    : PeriodicPass(time, signals, log)
{
    private const int AtOnce = 4;
    private readonly TimeProvider _time = time;

    /// <inheritdoc />
    protected override TimeSpan Pause => TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [OutboxTopics.Due];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        List<Delivery> due;
        do
        {
            due = await deliveries.TakeAsync(mails: true, AtOnce, ct);
            await Task.WhenAll(due.Select(d => SendAsync(d, ct)));
        }
        while (due.Count == AtOnce);
    }

    private async Task SendAsync(Delivery delivery, CancellationToken ct)
    {
        if (delivery.ExpiresAt <= _time.GetUtcNow())
        {
            await deliveries.SettleAsync(delivery, new("It was not sent in time and is worth nothing any more.", IsPermanent: true), ct);
            return;
        }

        try
        {
            await sending.SendAsync(delivery, ct);
            await deliveries.SettleAsync(delivery, DeliveryOutcome.Taken, ct);
        }
        catch (MailRefusedException refused)
        {
            await deliveries.SettleAsync(delivery, new(refused.Message, refused.IsPermanent), ct);
        }
    }
}
