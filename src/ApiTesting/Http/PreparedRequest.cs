using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Http;

/// <summary>A file within a body, with what tells its version: the SHA-256 of its content in lower-case hex, and its length.</summary>
public sealed record SentFile(string Name, string Sha256, long Size);

/// <summary>A request with every variable put in.</summary>
public sealed record PreparedRequest
{
    /// <summary>Method.</summary>
    public required string Method { get; init; }

    /// <summary>Absolute address.</summary>
    public required Uri Url { get; init; }

    /// <summary>Headers in order, those of the body too.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Files in the body, in order.</summary>
    public IReadOnlyList<SentFile> Files { get; init; } = [];

    /// <summary>For the whole exchange.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Redirects to follow.</summary>
    public int Redirects { get; init; }

    /// <summary>TLS choices.</summary>
    public TlsChoice Tls { get; init; } = TlsChoice.Usual;

    /// <summary>Proxy; null for none.</summary>
    public Uri? Proxy { get; init; }
}

/// <summary>Times of one exchange in milliseconds; null where the step did not happen, e.g. on a connection that was open already.</summary>
public sealed record Timings(double? Dns, double? Connect, double? Tls, double? FirstByte, double Total);

/// <summary>What was sent and what came back. Either there is an answer, or an error and its class.</summary>
public sealed record Exchange
{
    /// <summary>As sent; of several because of redirects, the last.</summary>
    public required PreparedRequest Request { get; init; }

    /// <summary>Status; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>HTTP version of the answer.</summary>
    public string Version { get; init; } = "";

    /// <summary>Headers of the answer in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Body of the answer, decoded, up to the limit.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Length of the whole body.</summary>
    public long Size { get; init; }

    /// <summary>SHA-256 of the whole body in hex when it is longer than what is kept.</summary>
    public string? Hash { get; init; }

    /// <summary>Addresses that redirected, in order.</summary>
    public IReadOnlyList<string> Redirected { get; init; } = [];

    /// <summary>Address that was connected to; null on a connection that was open already.</summary>
    public string? Address { get; init; }

    /// <summary>Times.</summary>
    public Timings Timings { get; init; } = new(null, null, null, null, 0);

    /// <summary>Class of the error: <c>dns connect tls timeout forbidden protocol body stopped</c>; empty for none.</summary>
    public string ErrorClass { get; init; } = "";

    /// <summary>The error in words.</summary>
    public string Error { get; init; } = "";
}
