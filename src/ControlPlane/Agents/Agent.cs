namespace Orbit.ControlPlane.Agents;

/// <summary>What an admin wants of an agent.</summary>
internal enum AgentDesire
{
    /// <summary>Takes work.</summary>
    Active,

    /// <summary>Finishes what it has, gets nothing more.</summary>
    Draining,

    /// <summary>Refused until resumed.</summary>
    Disabled,

    /// <summary>Refused by the control plane itself, until resumed or joined again.</summary>
    Quarantined,
}

/// <summary>A daemon on a host. Facts that change with every heartbeat are in <see cref="AgentPresence"/>.</summary>
internal sealed class Agent
{
    public long Id { get; private set; }

    /// <summary>Unique.</summary>
    public string Name { get; init; } = "";

    /// <summary>Identity of the host for locks.</summary>
    public string Host { get; set; } = "";

    /// <summary>SHA-256 of the public key in lower-case hex. Unique.</summary>
    public string KeyId { get; set; } = "";

    /// <summary>SubjectPublicKeyInfo in DER.</summary>
    public byte[] PublicKey { get; set; } = [];

    /// <summary>The key before, which is good until the present one was used; empty: none.</summary>
    public string PreviousKeyId { get; set; } = "";

    /// <summary>SubjectPublicKeyInfo of <see cref="PreviousKeyId"/> in DER.</summary>
    public byte[] PreviousPublicKey { get; set; } = [];

    /// <summary>When it got its present key.</summary>
    public DateTimeOffset KeyChangedAt { get; set; }

    /// <summary>True: an admin wants it to exchange its key.</summary>
    public bool KeyWanted { get; set; }

    /// <summary>Id of the process that opened the newest session; empty: it named none.</summary>
    public string Instance { get; set; } = "";

    /// <summary>Id of the process before that one. When it comes again, two processes have one key.</summary>
    public string PreviousInstance { get; set; } = "";

    /// <summary>JSON object: labels of its join token, which win over its own.</summary>
    public string TokenLabels { get; set; } = "{}";

    /// <summary>JSON object: all its labels.</summary>
    public string Labels { get; set; } = "{}";

    public string Version { get; set; } = "";
    public string Platform { get; set; } = "";

    /// <summary>System of its package, such as <c>linux-x64</c>; empty: it cannot exchange its own program.</summary>
    public string System { get; set; } = "";

    /// <summary>SHA-256 of the archive that it was installed from; empty when it does not know.</summary>
    public string Package { get; set; } = "";

    public int Slots { get; set; } = 1;
    public int ApiSlots { get; set; } = 4;
    public AgentDesire Desire { get; set; }

    /// <summary>Why it is drained, disabled or quarantined, in words.</summary>
    public string Note { get; set; } = "";

    /// <summary>When draining ends by itself; null: when somebody resumes it.</summary>
    public DateTimeOffset? DrainedUntil { get; set; }

    /// <summary>When it was last resumed: runs that failed before are not held against its host. Null: since it is there.</summary>
    public DateTimeOffset? TrustedSince { get; set; }

    /// <summary>Grows with every session; writes on behalf of an older session change nothing.</summary>
    public long SessionEpoch { get; set; }

    /// <summary>SHA-256 of the newest session's upload token in lower-case hex.</summary>
    public string UploadTokenHash { get; set; } = "";

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One narrow row an agent, flushed in batches.</summary>
internal sealed class AgentPresence
{
    public long AgentId { get; init; }
    public bool Connected { get; set; }
    public DateTimeOffset LastSeenAt { get; set; }
    public string RemoteAddress { get; set; } = "";

    /// <summary>Free space in bytes where it keeps its data; null: unknown.</summary>
    public long? FreeBytes { get; set; }

    /// <summary>Why it gets no deploy test for want of disk space; empty: it has enough.</summary>
    public string DiskNote { get; set; } = "";

    /// <summary>The server process that has the stream.</summary>
    public Guid Replica { get; set; }
}

/// <summary>A one-time token with which one agent can join. Only its hash is kept.</summary>
internal sealed class JoinToken
{
    /// <summary>SHA-256 of the token in lower-case hex.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Only an agent of this name may use it; empty: any.</summary>
    public string Name { get; init; } = "";

    /// <summary>JSON object of labels the agent gets.</summary>
    public string Labels { get; init; } = "{}";

    public string CreatedBy { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>True: whoever uses it takes the place of the agent <see cref="Name"/>.</summary>
    public bool Rejoin { get; init; }

    /// <summary>Key that used it; null while unused. The same key may repeat the call within the token's life.</summary>
    public string? UsedByKeyId { get; set; }
}
