using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Notifications;

/// <summary>Deliveries, webhooks and choices between the domain and the wire.</summary>
internal static class NotificationMapping
{
    /// <summary>What a list is narrowed to.</summary>
    public static DeliveryFilter ToFilter(this Wire.ListDeliveriesRequest request) => new(
        request.State is Wire.DeliveryState.Unspecified ? null : Known((DeliveryState)((int)request.State - 1)),
        request.Kind is Wire.DeliveryKind.Unspecified ? null : Known((DeliveryKind)((int)request.Kind - 1)),
        request.RunId);

    /// <summary>A delivery as admins see it.</summary>
    public static Wire.Delivery ToWire(this Delivery delivery) => new()
    {
        Id = delivery.Id.ToString(),
        Kind = (Wire.DeliveryKind)((int)delivery.Kind + 1),
        State = (Wire.DeliveryState)((int)delivery.State + 1),
        Target = delivery.Target,
        Subject = delivery.Subject,
        RunId = delivery.RunId ?? 0,
        CreatedAt = delivery.CreatedAt.ToWire(),
        NextTryAt = delivery.NextTryAt.ToWire(),
        Tries = delivery.Tries,
        LastError = delivery.LastError,
        SentAt = delivery.SentAt.ToWire(),
        Resendable = delivery.IsResendable,
    };

    /// <summary>A mail as a page shows it: its pictures stand in the HTML itself.</summary>
    public static Wire.PreviewRunMailResponse ToWire(this RunMail mail)
    {
        MailBody body = mail.Body();
        string html = body.Html;
        foreach (MailImage image in body.Images)
        {
            html = html.Replace($"cid:{image.ContentId}", $"data:image/png;base64,{Convert.ToBase64String(image.Png)}", StringComparison.Ordinal);
        }

        return new() { Subject = mail.Subject, Text = body.Text, Html = html };
    }

    /// <summary>When a person is told.</summary>
    public static Wire.MyNotifications ToWire(this NotificationChoice choice) => new() { Rule = choice.Rule.ToWire(), Language = choice.Language };

    /// <summary>A webhook without its secret.</summary>
    public static Wire.Webhook ToWire(this Webhook webhook) => new()
    {
        Id = webhook.Id,
        Url = webhook.Url,
        TestItemId = webhook.TestItemId ?? 0,
        Rule = webhook.Rule.ToWire(),
        CreatedBy = webhook.CreatedBy,
        CreatedAt = webhook.CreatedAt.ToWire(),
    };

    /// <summary>What an admin wants of a webhook.</summary>
    public static WebhookWish ToWish(this Wire.CreateWebhookRequest request) => new(request.Url, request.Secret, request.TestItemId, request.Rule.ToDomain());

    /// <summary>A language, or empty for the server's.</summary>
    /// <exception cref="OrbitException">LANGUAGE_INVALID.</exception>
    public static string Language(string language) =>
        language is "" or "en" or "zh" ? language : throw OrbitException.Invalid("LANGUAGE_INVALID", "language must be 'en' or 'zh', or empty.");

    /// <summary>Id of a delivery.</summary>
    /// <exception cref="OrbitException">DELIVERY_NOT_FOUND.</exception>
    public static Guid DeliveryId(string id) => Guid.TryParse(id, out Guid known) ? known : throw OrbitException.NotFound("DELIVERY_NOT_FOUND", "There is no such delivery.");

    private static T Known<T>(T value)
        where T : struct, Enum => Enum.IsDefined(value) ? value : throw OrbitException.Invalid("FILTER_INVALID", "state or kind names none there is.");
}
