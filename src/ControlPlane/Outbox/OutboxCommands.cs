using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Outbox;

/// <summary>Puts things to be told into the present transaction: there is no fact without its message and no message without its fact.</summary>
internal static class OutboxCommands
{
    extension(OrbitDbContext database)
    {
        public DbSet<Delivery> Deliveries => database.Set<Delivery>();

        public DbSet<Notice> Notices => database.Set<Notice>();
    }

    /// <summary>Adds a delivery; it is sent soon after the commit.</summary>
    public static void Enqueue(this OrbitDbContext database, Delivery delivery)
    {
        database.Deliveries.Add(delivery);
        database.RaiseAfterCommit(OutboxTopics.Due);
    }

    /// <summary>Notes that an attempt of a run ended.</summary>
    public static void NoticeRunEnded(this OrbitDbContext database, long runId, int attempt, DateTimeOffset now)
    {
        database.Notices.Add(new Notice { RunId = runId, Attempt = attempt, CreatedAt = now });
        database.RaiseAfterCommit(OutboxTopics.Noticed);
    }

    /// <summary>Notes that the gate of an attempt was decided.</summary>
    public static void NoticeGateDecided(this OrbitDbContext database, long runId, int attempt, DateTimeOffset now)
    {
        database.Notices.Add(new Notice { RunId = runId, Attempt = attempt, OfGate = true, CreatedAt = now });
        database.RaiseAfterCommit(OutboxTopics.Noticed);
    }

    /// <summary>Takes back what waits to be told about a run at one target: a newer message says it all.</summary>
    public static Task TakeBackAsync(this OrbitDbContext database, long runId, DeliveryKind kind, string target, CancellationToken ct) =>
        database.Deliveries.Where(d => d.RunId == runId && d.Kind == kind && d.Target == target && d.State == DeliveryState.Waiting).ExecuteDeleteAsync(ct);
}

/// <summary>Topics of the outbox.</summary>
internal static class OutboxTopics
{
    /// <summary>A delivery is due.</summary>
    public const string Due = "outbox-due";

    /// <summary>A run ended, or its gate was decided.</summary>
    public const string Noticed = "outbox-noticed";
}
