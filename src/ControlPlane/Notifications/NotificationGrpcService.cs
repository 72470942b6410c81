using Grpc.Core;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Settings;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Notifications;

/// <summary>The wire face of notifications.</summary>
internal sealed class NotificationGrpcService(
    OrbitStore store, DeliveryCommands deliveries, WebhookCommands webhooks, MailSending mails, SettingsSnapshot settings, PublicUrl url)
    : Wire.NotificationService.NotificationServiceBase
{
    public override async Task<Wire.ListDeliveriesResponse> ListDeliveries(Wire.ListDeliveriesRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        Guid? before = Paging.TextAfter(request.PageToken) is { } token ? NotificationMapping.DeliveryId(token) : null;
        DeliveryFilter filter = request.ToFilter();
        List<Delivery> rows = await store.ReadAsync((database, ct) => database.Deliveries.PageAsync(filter, before, size + 1, ct), context.CancellationToken);
        Page<Delivery> page = Paging.Cut(rows, size, last => last.Id.ToString());
        return new() { Deliveries = { page.Rows.Select(d => d.ToWire()) }, NextPageToken = page.NextToken };
    }

    public override async Task<Wire.Delivery> ResendDelivery(Wire.ResendDeliveryRequest request, ServerCallContext context) =>
        (await deliveries.ResendAsync(NotificationMapping.DeliveryId(request.Id), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.SendTestMailResponse> SendTestMail(Wire.SendTestMailRequest request, ServerCallContext context)
    {
        string to = EmailAddress.Parse(request.To.Length == 0 ? Caller.Of(context).Name : request.To);
        return new() { To = to, Answer = await mails.SendTestAsync(to, context.CancellationToken) };
    }

    public override async Task<Wire.PreviewRunMailResponse> PreviewRunMail(Wire.PreviewRunMailRequest request, ServerCallContext context)
    {
        string language = NotificationMapping.Language(request.Language) is { Length: > 0 } asked ? asked : settings.Get(SettingCatalog.MailLanguage);
        RunFacts facts = await store.ReadAsync(
            async (database, ct) =>
            {
                RunView view = await database.RunViewAsync(request.RunId, ct);
                return await database.RunFactsAsync(request.RunId, ct)
                    ?? throw OrbitException.Conflict("RUN_NOT_ENDED", $"Run {request.RunId} has not ended; it is {view.Run.Status}.");
            },
            context.CancellationToken);
        return new RunMail(facts, language, new(settings.Get(SettingCatalog.ProjectName), url.Value)).ToWire();
    }

    public override async Task<Wire.MyNotifications> GetMyNotifications(Wire.GetMyNotificationsRequest request, ServerCallContext context)
    {
        string email = Caller.Of(context).Name;
        return (await store.ReadAsync((database, ct) => database.ChoiceOfAsync(email, ct), context.CancellationToken)).ToWire();
    }

    public override async Task<Wire.MyNotifications> UpdateMyNotifications(Wire.UpdateMyNotificationsRequest request, ServerCallContext context)
    {
        var choice = new NotificationChoice { Email = Caller.Of(context).Name, Rule = request.Rule.ToDomain(), Language = NotificationMapping.Language(request.Language) };
        await webhooks.ChooseAsync(choice.Email, choice.Rule, choice.Language, context.CancellationToken);
        return choice.ToWire();
    }

    public override async Task<Wire.ListWebhooksResponse> ListWebhooks(Wire.ListWebhooksRequest request, ServerCallContext context)
    {
        List<Webhook> all = await store.ReadAsync((database, ct) => database.Webhooks.AllAsync(ct), context.CancellationToken);
        return new() { Webhooks = { all.Select(w => w.ToWire()) } };
    }

    public override async Task<Wire.Webhook> CreateWebhook(Wire.CreateWebhookRequest request, ServerCallContext context) =>
        (await webhooks.CreateAsync(request.ToWish(), Caller.Of(context), context.CancellationToken)).ToWire();

    public override async Task<Wire.DeleteWebhookResponse> DeleteWebhook(Wire.DeleteWebhookRequest request, ServerCallContext context)
    {
        await webhooks.DeleteAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return new();
    }
}
