using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>Stops the start when gRPC would travel unencrypted beyond this machine, unless <c>Grpc:AllowPlaintext</c> says so by name.</summary>
internal sealed class PlaintextRule(NamedEndpoints endpoints, IConfiguration configuration) : IBeforeStart
{
    private const string Setting = "Grpc:AllowPlaintext";

    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        bool allowed = configuration[Setting] switch
        {
            null or "" => false,
            string text when bool.TryParse(text, out bool value) => value,
            string other => throw StartRefused.Because($"{Setting} is '{other}'; it must be true or false."),
        };
        if (!allowed)
        {
            endpoints.BeforeListening += Check;
        }

        return Task.CompletedTask;
    }

    private static void Check(NamedEndpoints.Endpoint endpoint)
    {
        bool grpc = endpoint.Protocols == HttpProtocols.Http2; // HTTP/2 without TLS is gRPC or nothing
        bool here = endpoint.Address is not IPEndPoint address || IPAddress.IsLoopback(address.Address);
        if (grpc && !endpoint.IsHttps && !here)
        {
            throw StartRefused.Because(
                $"Kestrel:Endpoints:{endpoint.Name} would serve gRPC without TLS on {endpoint.Address}. Use an https address with a certificate, listen on loopback, or set {Setting}=true.");
        }
    }
}
