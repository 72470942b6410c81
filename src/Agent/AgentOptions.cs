namespace Orbit.Agent;

/// <summary>What the agent was started with. Paths are absolute.</summary>
internal sealed record AgentOptions
{
    /// <summary>Address of the control plane's gRPC port, http or https.</summary>
    public required Uri Server { get; init; }

    /// <summary>One-time join token; needed only until the host is enrolled.</summary>
    public string? Token { get; init; }

    /// <summary>Name that the agent enrols under: letters, digits, <c>.</c>, <c>_</c>, <c>-</c>, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Labels that work may ask for.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the agent keeps everything it must not forget.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Directories that it may touch beside its own.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>Policy file of this host; none unless named.</summary>
    public string? PolicyFile { get; init; }

    /// <summary>Certificates to trust for https instead of the system's; none unless named.</summary>
    public string? CaFile { get; init; }

    /// <summary>Whether plain-text gRPC may leave this host.</summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>Pause between two looks at whether installed services were changed by hand, 1 s to a day; 1 min unless set.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Free space in bytes where the agent keeps its data, below which it takes no deploy test; 256 MB unless set, 0 for no limit.</summary>
    public long MinFree { get; init; } = 256_000_000;

    /// <summary>How long a new program may take to a session before the one before is put back, 5 s to 10 min; 60 s unless set.</summary>
    public TimeSpan UpgradeLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest pause between two attempts to connect, 1 s to 10 min; 60 s unless set.</summary>
    public TimeSpan ReconnectCap { get; init; } = TimeSpan.FromSeconds(60);
}
