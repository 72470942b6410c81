using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Outbox;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Notifications;

/// <summary>What a list of deliveries is narrowed to; nulls and 0 narrow nothing.</summary>
internal sealed record DeliveryFilter(DeliveryState? State, DeliveryKind? Kind, long RunId);

/// <summary>Reads of deliveries, webhooks and choices.</summary>
internal static class NotificationQueries
{
    extension(OrbitDbContext database)
    {
        public DbSet<NotificationChoice> NotificationChoices => database.Set<NotificationChoice>();

        public DbSet<Webhook> Webhooks => database.Set<Webhook>();
    }

    /// <summary>Deliveries before an id, newest first. Served by the primary key, or by the index of state or run.</summary>
    public static Task<List<Delivery>> PageAsync(this DbSet<Delivery> deliveries, DeliveryFilter filter, Guid? before, int limit, CancellationToken ct)
    {
        IQueryable<Delivery> rows = deliveries.AsNoTracking();
        rows = filter.State is { } state ? rows.Where(d => d.State == state) : rows;
        rows = filter.Kind is { } kind ? rows.Where(d => d.Kind == kind) : rows;
        rows = filter.RunId != 0 ? rows.Where(d => d.RunId == filter.RunId) : rows;
        rows = before is { } id ? rows.Where(d => d.Id.CompareTo(id) < 0) : rows;
        return rows.OrderByDescending(d => d.Id).Take(limit).ToListAsync(ct);
    }

    /// <summary>All webhooks, oldest first.</summary>
    public static Task<List<Webhook>> AllAsync(this DbSet<Webhook> webhooks, CancellationToken ct) => webhooks.AsNoTracking().OrderBy(w => w.Id).ToListAsync(ct);

    /// <summary>A person's choice; always and the server's language without one.</summary>
    public static async Task<NotificationChoice> ChoiceOfAsync(this OrbitDbContext database, string email, CancellationToken ct) =>
        await database.NotificationChoices.AsNoTracking().FirstOrDefaultAsync(c => c.Email == email, ct) ?? new NotificationChoice { Email = email };
}
