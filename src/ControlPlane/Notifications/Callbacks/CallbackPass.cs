using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>Delivers webhooks and status messages that are due.</summary>
internal sealed class CallbackPass(
    DeliveryCommands deliveries, OrbitStore store, CallbackClient client, IEnumerable<ICiStatus> systems, ISecretBox secrets, TimeProvider time, Signals signals, ILogger<CallbackPass> log)
    : PeriodicPass(time, signals, log)
{
    private const int AtOnce = 8;

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
            due = await deliveries.TakeAsync(mails: false, AtOnce, ct);
            await Task.WhenAll(due.Select(d => SendAsync(d, ct)));
        }
        while (due.Count == AtOnce);
    }

    private async Task SendAsync(Delivery delivery, CancellationToken ct)
    {
        using HttpRequestMessage? request = await RequestAsync(delivery, ct);
        DeliveryOutcome outcome = request is null ? new("The webhook was deleted.", IsPermanent: true) : await client.SendAsync(request, ct);
        await deliveries.SettleAsync(delivery, outcome, ct);
    }

    private async Task<HttpRequestMessage?> RequestAsync(Delivery delivery, CancellationToken ct)
    {
        var target = new Uri(delivery.Target);
        if (delivery.Kind is not DeliveryKind.Webhook)
        {
            return systems.Single(s => s.Kind == delivery.Kind).Request(target, delivery.Content);
        }

        Webhook? webhook = await store.ReadAsync((database, token) => database.Webhooks.FirstOrDefaultAsync(w => w.Id == delivery.WebhookId, token), ct);
        if (webhook is null)
        {
            return null;
        }

        byte[] key = Encoding.UTF8.GetBytes(secrets.Unprotect(webhook.Secret, WebhookCommands.OwnerOf(webhook.Url)));
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(delivery.Content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-Orbit-Event", RunEndedJson.EventOf(delivery.Content));
        request.Headers.Add("X-Orbit-Delivery", delivery.Id.ToString("D", CultureInfo.InvariantCulture));
        request.Headers.Add("X-Orbit-Signature-256", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(key, delivery.Content))}");
        return request;
    }
}
