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

    private readonly Dictionary<string, (ListenOptions Options, bool IsHttps)> _listening = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every endpoint: name, address (the real port once the server has started), whether it speaks TLS, and its protocols.</summary>
    public IEnumerable<(string Name, EndPoint Address, bool IsHttps, HttpProtocols Protocols)> All =>
        _listening.Select(e => (e.Key, e.Value.Options.EndPoint, e.Value.IsHttps, e.Value.Options.Protocols));

    /// <summary>Address of an endpoint as clients write it, e.g. <c>http://127.0.0.1:8081</c>; null when it is not configured.</summary>
    public Uri? AddressOf(string name) =>
        _listening.TryGetValue(name, out (ListenOptions Options, bool IsHttps) found) && found.Options.IPEndPoint is { } address
            ? new Uri($"{(found.IsHttps ? "https" : "http")}://{address}")
            : null;

    /// <summary>Name of the endpoint that a request came over; null for one that has no name.</summary>
    public static string? NameOf(HttpContext context) => context.Features.Get<Mark>()?.Name;

    /// <summary>Watches the endpoints that the configuration names.</summary>
    public void Watch(KestrelServerOptions kestrel)
    {
        foreach (IConfigurationSection endpoint in kestrel.ConfigurationLoader?.Configuration.GetSection("Endpoints").GetChildren() ?? [])
        {
            kestrel.ConfigurationLoader!.Endpoint(endpoint.Key, configured =>
            {
                _listening[endpoint.Key] = (configured.ListenOptions, configured.IsHttps);
                var mark = new Mark(endpoint.Key);
                configured.ListenOptions.Use(next => connection =>
                {
                    connection.Features.Set(mark);
                    return next(connection);
                });
            });
        }
    }

    /// <summary>What a connection carries: the endpoint that accepted it.</summary>
    private sealed record Mark(string Name);
}
