using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Notifications.Callbacks;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;
using Orbit.ControlPlane.TestItems;

namespace Orbit.ControlPlane.Notifications;

/// <summary>What an admin wants of a webhook.</summary>
internal sealed record WebhookWish(string Url, string Secret, long TestItemId, NotifyRule Rule);

/// <summary>Makes and deletes webhooks, and keeps what people chose to be told.</summary>
internal sealed class WebhookCommands(OrbitStore store, CallbackClient client, ISecretBox secrets, TimeProvider time)
{
    private const int ShortestSecret = 16;
    private const int LongestSecret = 256;
    private const int LongestUrl = 2000;

    /// <summary>What a webhook's stored secret is bound to.</summary>
    public static string OwnerOf(string url) => $"webhook:{url}";

    /// <summary>Makes one.</summary>
    /// <exception cref="OrbitException">WEBHOOK_INVALID, HOST_NOT_ALLOWED, TEST_ITEM_NOT_FOUND.</exception>
    public Task<Webhook> CreateAsync(WebhookWish wish, Caller by, CancellationToken ct)
    {
        Uri url = Check(wish);
        return store.WriteAsync(
            async (database, token) =>
            {
                if (wish.TestItemId != 0)
                {
                    await database.TestItems.RequireAsync(wish.TestItemId, token);
                }

                var webhook = new Webhook
                {
                    Url = url.AbsoluteUri,
                    Secret = secrets.Protect(wish.Secret, OwnerOf(url.AbsoluteUri)),
                    TestItemId = wish.TestItemId == 0 ? null : wish.TestItemId,
                    Rule = wish.Rule,
                    CreatedBy = by.Name,
                    CreatedAt = time.GetUtcNow(),
                };
                database.Webhooks.Add(webhook);
                await database.SaveChangesAsync(token); // gives the id
                database.Audit(by, webhook.CreatedAt, "webhook.created", $"webhook:{webhook.Id}", @new: new { webhook.Url, webhook.TestItemId, webhook.Rule });
                return webhook;
            },
            ct);
    }

    /// <summary>Deletes one; what waits for it is not sent.</summary>
    /// <exception cref="OrbitException">WEBHOOK_NOT_FOUND.</exception>
    public Task DeleteAsync(long id, Caller by, CancellationToken ct) =>
        store.WriteAsync(
            async (database, token) =>
            {
                Webhook webhook = await database.Webhooks.AsTracking().FirstOrDefaultAsync(w => w.Id == id, token)
                    ?? throw OrbitException.NotFound("WEBHOOK_NOT_FOUND", $"There is no webhook {id}.");
                database.Webhooks.Remove(webhook);
                database.Audit(by, time.GetUtcNow(), "webhook.deleted", $"webhook:{id}", new { webhook.Url, webhook.TestItemId, webhook.Rule });
            },
            ct);

    /// <summary>Keeps when a person wants to be told.</summary>
    public Task ChooseAsync(string email, NotifyRule rule, string language, CancellationToken ct) =>
        store.WriteAsync(
            (database, token) => database.RunAsync(
                "INSERT INTO notification_choices (email, rule, language) VALUES (@p0, @p1, @p2) ON CONFLICT (email) DO UPDATE SET rule = excluded.rule, language = excluded.language",
                [email, rule, language], token),
            ct);

    private Uri Check(WebhookWish wish)
    {
        var problems = new Dictionary<string, string>();
        bool plain = wish.Url.Length <= LongestUrl && Uri.TryCreate(wish.Url, UriKind.Absolute, out Uri? url) && (url.Scheme is "http" or "https") && url.UserInfo.Length == 0 && url.Fragment.Length == 0;
        if (!plain)
        {
            problems["url"] = $"must be an http or https address without user and fragment, at most {LongestUrl} characters";
        }

        if (wish.Secret.Length is < ShortestSecret or > LongestSecret || !TextRule.IsStorable(wish.Secret))
        {
            problems["secret"] = $"must have {ShortestSecret} to {LongestSecret} characters";
        }

        if (problems.Count > 0)
        {
            throw new OrbitException(Refusal.Invalid, "WEBHOOK_INVALID", $"The webhook is not valid: {string.Join("; ", problems.Select(p => $"{p.Key} {p.Value}"))}.") { Details = problems };
        }

        return client.Allowed.Find(wish.Url)
            ?? throw OrbitException.Conflict("HOST_NOT_ALLOWED", $"Host {new Uri(wish.Url).Host} is not in the setting callback_allowed_hosts.");
    }
}
