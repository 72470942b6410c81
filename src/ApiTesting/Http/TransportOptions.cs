using System.Net;

namespace Orbit.ApiTesting.Http;

/// <summary>What holds for every request of a run.</summary>
public sealed record TransportOptions
{
    /// <summary>Bytes of an answer that are kept for checks: 16 MiB unless set. Beyond it only length and hash are known.</summary>
    public int KeptBody { get; init; } = 16 * 1024 * 1024;

    /// <summary>An answer longer than this is given up: 1 GiB unless set.</summary>
    public long LongestBody { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Addresses that no request may go to, looked at after the name was resolved.</summary>
    public IReadOnlyList<IPNetwork> Forbidden { get; init; } = [];

    /// <summary>Requests a second to one host and port; 0: no limit.</summary>
    public double RatePerHost { get; init; }

    /// <summary>Open connections to one host at most.</summary>
    public int Connections { get; init; } = 1024;
}
