namespace Orbit.ControlPlane.Outbox;

/// <summary>How something is delivered.</summary>
internal enum DeliveryKind
{
    /// <summary>A mail.</summary>
    Mail,

    /// <summary>A webhook that an admin made.</summary>
    Webhook,

    /// <summary>Jenkins: the description of a build, or a callback address.</summary>
    Jenkins,

    /// <summary>The status of a commit on GitHub.</summary>
    GitHub,
}

/// <summary>Where a delivery stands.</summary>
internal enum DeliveryState
{
    /// <summary>Waits for its next try.</summary>
    Waiting,

    /// <summary>Is being tried; when the one who tries dies, it is due again at <see cref="Delivery.NextTryAt"/>.</summary>
    Sending,

    /// <summary>The other side took it.</summary>
    Sent,

    /// <summary>Given up: refused for good, too old, or tried too often.</summary>
    Dead,
}

/// <summary>
/// Something to be delivered to one target: stored in the transaction of the fact that it tells of, sent afterwards, at least once. The id
/// stays the same over all tries, so that the other side can know a copy.
/// </summary>
internal sealed class Delivery
{
    /// <summary>Time-ordered UUID; a mail's Message-ID is made of it.</summary>
    public Guid Id { get; init; }

    public DeliveryKind Kind { get; init; }
    public DeliveryState State { get; private set; }

    /// <summary>Address or URL.</summary>
    public string Target { get; init; } = "";

    /// <summary>Subject line, or what it is about.</summary>
    public string Subject { get; init; } = "";

    /// <summary>What is sent: a <see cref="MailBody"/>, or the bytes of a request. Empty once a secret one is done.</summary>
    public byte[] Content { get; private set; } = [];

    /// <summary>True for a sign-in code: its content is encrypted, and removed when it is done; nobody can send it again.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The run it tells of; null for none.</summary>
    public long? RunId { get; init; }

    /// <summary>The webhook it is for; null for none.</summary>
    public long? WebhookId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is worth nothing any more; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it is due; null when it is done.</summary>
    public DateTimeOffset? NextTryAt { get; private set; }

    public int Tries { get; private set; }

    /// <summary>What the last try met; empty when nothing went wrong.</summary>
    public string LastError { get; private set; } = "";

    public DateTimeOffset? SentAt { get; private set; }

    /// <summary>True when it may be sent again by hand.</summary>
    public bool IsResendable => State is DeliveryState.Sent or DeliveryState.Dead && !IsSecret;

    /// <summary>A delivery that is due at once.</summary>
    public static Delivery Of(DeliveryKind kind, string target, string subject, byte[] content, DateTimeOffset now) =>
        New(new Delivery { Id = Guid.CreateVersion7(now), Kind = kind, Target = target, Subject = subject, CreatedAt = now }, content);

    /// <summary>A delivery about a run, due at once.</summary>
    public static Delivery AboutRun(long runId, DeliveryKind kind, string target, string subject, byte[] content, DateTimeOffset now, long? webhookId = null) =>
        New(new Delivery { Id = Guid.CreateVersion7(now), Kind = kind, Target = target, Subject = subject, CreatedAt = now, RunId = runId, WebhookId = webhookId }, content);

    /// <summary>A mail that only its reader may know, worth nothing after a time.</summary>
    /// <param name="id">Its id, which its content is bound to.</param>
    /// <param name="to">Address.</param>
    /// <param name="subject">Subject line; says nothing secret.</param>
    /// <param name="content">Encrypted <see cref="MailBody"/>.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="expiresAt">When it is worth nothing any more.</param>
    public static Delivery Secret(Guid id, string to, string subject, byte[] content, DateTimeOffset now, DateTimeOffset expiresAt) =>
        New(new Delivery { Id = id, Kind = DeliveryKind.Mail, Target = to, Subject = subject, CreatedAt = now, ExpiresAt = expiresAt, IsSecret = true }, content);

    /// <summary>The other side took it.</summary>
    public void Sent(DateTimeOffset now) => End(DeliveryState.Sent, "", now);

    /// <summary>It is given up.</summary>
    public void GiveUp(string error) => End(DeliveryState.Dead, error, sentAt: null);

    /// <summary>It is tried again later.</summary>
    public void TryAgain(string error, DateTimeOffset at) => (State, LastError, NextTryAt) = (DeliveryState.Waiting, error, at);

    /// <summary>Begins anew, under the same id.</summary>
    public void Resend(DateTimeOffset now) => (State, Tries, NextTryAt, LastError, SentAt) = (DeliveryState.Waiting, 0, now, "", null);

    private static Delivery New(Delivery delivery, byte[] content)
    {
        (delivery.State, delivery.NextTryAt, delivery.Content) = (DeliveryState.Waiting, delivery.CreatedAt, content);
        return delivery;
    }

    private void End(DeliveryState state, string error, DateTimeOffset? sentAt)
    {
        (State, LastError, SentAt, NextTryAt) = (state, error, sentAt, null);
        Content = IsSecret ? [] : Content;
    }
}
