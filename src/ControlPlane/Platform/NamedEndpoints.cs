using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// The endpoints of <c>Kestrel:Endpoints:NAME</c>: where each listens, and over which a request came. So code asks for <c>Grpc</c>, never for
/// a port number.
/// </summary>
internal sealed class NamedEndpoints
{
    /// <summary>Name of the endpoint for gRPC: HTTP/2 alone, with prior knowledge or TLS.</summary>
    public const string Grpc = "Grpc";

    /// <summary>Name of the endpoint for browsers, REST and gRPC-Web.</summary>
    public const string Http = "Http";

    /// <summary>Name of the endpoint that serves everything over TLS: which protocol is spoken is settled in the handshake (ALPN).</summary>
    public const string Tls = "Tls";

    private readonly Dictionary<string, Endpoint> _all = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Asked about each endpoint before it listens; an exception stops the start.</summary>
    public event Action<Endpoint>? BeforeListening;

    /// <summary>
    /// Address of an endpoint as clients write it, e.g. <c>http://127.0.0.1:8081</c>, with this machine's name for one that listens on every
    /// address; null when it is not configured.
    /// </summary>
    public Uri? AddressOf(string name) =>
        _all.TryGetValue(name, out Endpoint? found) && found.Address is IPEndPoint address
            ? new Uri($"{(found.IsHttps ? "https" : "http")}://{(IsAny(address.Address) ? $"{Environment.MachineName}:{address.Port}" : address)}")
            : null;

    /// <summary>Name of the endpoint that a request came over; null for one that has no name.</summary>
    public static string? NameOf(HttpContext context) => context.Features.Get<Mark>()?.Name;

    /// <summary>True where agents are served: on the endpoint for gRPC, and on those with TLS.</summary>
    public static bool ServesAgents(HttpContext context) =>
        context.Features.Get<Mark>() is { } mark && (mark.IsHttps || string.Equals(mark.Name, Grpc, StringComparison.OrdinalIgnoreCase));

    /// <summary>Watches the endpoints that the configuration names.</summary>
    public void Watch(KestrelServerOptions kestrel)
    {
        foreach (IConfigurationSection section in kestrel.ConfigurationLoader?.Configuration.GetSection("Endpoints").GetChildren() ?? [])
        {
            kestrel.ConfigurationLoader!.Endpoint(section.Key, configured =>
            {
                var endpoint = new Endpoint(section.Key, configured.ListenOptions, configured.IsHttps);
                _all[section.Key] = endpoint;
                BeforeListening?.Invoke(endpoint);
                var mark = new Mark(section.Key, configured.IsHttps);
                configured.ListenOptions.Use(next => connection =>
                {
                    connection.Features.Set(mark);
                    return next(connection);
                });
            });
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>One endpoint.</summary>
    /// <param name="Name">Its name in the configuration.</param>
    /// <param name="Listening">What Kestrel made of it.</param>
    /// <param name="IsHttps">True with TLS.</param>
    internal sealed record Endpoint(string Name, ListenOptions Listening, bool IsHttps)
    {
        /// <summary>Where it listens; the real port once it does.</summary>
        public EndPoint Address => Listening.EndPoint;

        /// <summary>What it speaks.</summary>
        public HttpProtocols Protocols => Listening.Protocols;
    }

    /// <summary>What a connection carries: the endpoint that accepted it.</summary>
    private sealed record Mark(string Name, bool IsHttps);
}
