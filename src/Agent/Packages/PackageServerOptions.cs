namespace Orbit.Agent.Packages;

/// <summary>The bounds of a download. Every one exists because a package server can be slow, broken or hostile.</summary>
internal sealed record PackageServerOptions
{
    /// <summary>Whole download with all retries; 30 minutes unless set.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Longest silence on a connection before it counts as broken; 30 seconds unless set.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Slowest accepted mean rate over one <see cref="RateWindow"/>, in bytes a second; 1 KiB/s unless set, 0 switches it off.</summary>
    public long MinBytesPerSecond { get; init; } = 1024;

    /// <summary>How long the rate is averaged before it is judged; one minute unless set.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Largest package, in bytes; 20 GB unless set.</summary>
    public long MaxBytes { get; init; } = 20L * 1000 * 1000 * 1000;

    /// <summary>Attempts in a row that bring no byte before the download fails; 6 unless set. An attempt that brought bytes starts the count again.</summary>
    public int MaxFruitlessAttempts { get; init; } = 6;

    /// <summary>First pause between two attempts; it doubles with each fruitless one up to <see cref="MaxPause"/>, with jitter.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between two attempts; 30 seconds unless set.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True refuses a package that no checksum file vouches for.</summary>
    public bool RequireChecksum { get; init; }

    /// <summary>What the cache may hold in all, in bytes; 20 GB unless set. Packages in use do not go, so it can be exceeded for a while.</summary>
    public long CacheBytes { get; init; } = 20L * 1000 * 1000 * 1000;
}
