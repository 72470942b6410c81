using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Takes due deliveries, one replica each, and stores what came of them.</summary>
internal sealed class DeliveryCommands(OrbitStore store, TimeProvider time, ILogger<DeliveryCommands> log)
{
    /// <summary>Longer than any one try: when a replica dies in the middle, another tries then.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    private const int LongestError = 1000;

    /// <summary>Takes up to <paramref name="most"/> due deliveries. Served by the index on due ones.</summary>
    /// <param name="mails">True: mails; false: everything else. A slow mail server holds up no webhook.</param>
    /// <param name="most">Most to take.</param>
    /// <param name="ct">Cancels.</param>
    public Task<List<Delivery>> TakeAsync(bool mails, int most, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                DateTimeOffset now = time.GetUtcNow();
                string skip = database.IsEmbedded ? "" : " FOR UPDATE SKIP LOCKED";
                List<Guid> taken = await database.QueryAsync(
                    $"""
                    UPDATE deliveries SET state = 'Sending', tries = tries + 1, next_try_at = @p1
                    WHERE id IN (SELECT id FROM deliveries WHERE next_try_at <= @p0 AND {(mails ? "kind = 'Mail'" : "kind <> 'Mail'")} ORDER BY next_try_at LIMIT @p2{skip})
                    RETURNING id
                    """,
                    [now, now + Lease, most], static row => row.Uuid(0), token);
                return taken.Count == 0 ? [] : await database.Deliveries.AsNoTracking().Where(d => taken.Contains(d.Id)).OrderBy(d => d.Id).ToListAsync(token);
            },
            ct);

    /// <summary>Stores how a try ended. What somebody else took over meanwhile is left alone.</summary>
    public async Task SettleAsync(Delivery tried, DeliveryOutcome outcome, CancellationToken ct)
    {
        await store.WriteAsync(
            async (database, token) =>
            {
                Delivery? delivery = await database.Deliveries.AsTracking().FirstOrDefaultAsync(d => d.Id == tried.Id && d.Tries == tried.Tries, token);
                if (delivery is { State: DeliveryState.Sending })
                {
                    Apply(delivery, outcome);
                }
            },
            ct);
        if (outcome.Error.Length > 0)
        {
            log.NotDelivered(tried.Id, tried.Kind, tried.Tries, outcome.Error);
        }
    }

    /// <summary>Sends one again by hand, under the same id.</summary>
    /// <exception cref="OrbitException">DELIVERY_NOT_FOUND, DELIVERY_NOT_RESENDABLE.</exception>
    public Task<Delivery> ResendAsync(Guid id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Delivery delivery = await database.Deliveries.AsTracking().FirstOrDefaultAsync(d => d.Id == id, token)
                    ?? throw OrbitException.NotFound("DELIVERY_NOT_FOUND", $"There is no delivery {id}.");
                if (!delivery.IsResendable)
                {
                    throw OrbitException.Conflict("DELIVERY_NOT_RESENDABLE", $"Delivery {id} is {delivery.State}; only what was sent or given up can be sent again, and never a sign-in code.");
                }

                DateTimeOffset now = time.GetUtcNow();
                delivery.Resend(now);
                database.RaiseAfterCommit(OutboxTopics.Due);
                database.Audit(by, now, "delivery.resent", $"delivery:{id}", @new: new { delivery.Target });
                return delivery;
            },
            ct);

    private void Apply(Delivery delivery, DeliveryOutcome outcome)
    {
        DateTimeOffset now = time.GetUtcNow();
        string error = outcome.Error.Length <= LongestError ? outcome.Error : outcome.Error[..LongestError];
        if (error.Length == 0)
        {
            delivery.Sent(now);
        }
        else if (outcome.IsPermanent || delivery.Tries >= Backoff.MostTries || delivery.ExpiresAt <= now)
        {
            delivery.GiveUp(error);
        }
        else
        {
            delivery.TryAgain(error, now + Backoff.After(delivery.Tries, Random.Shared.NextDouble()));
        }
    }
}

/// <summary>What came of one try.</summary>
/// <param name="Error">Empty: it was taken.</param>
/// <param name="IsPermanent">True when trying again cannot help.</param>
internal readonly record struct DeliveryOutcome(string Error, bool IsPermanent)
{
    /// <summary>It was taken.</summary>
    public static DeliveryOutcome Taken { get; } = new("", false);
}
