using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Trust;

/// <summary>What a client sees of a server's TLS endpoint.</summary>
internal static class TlsClient
{
    /// <summary>Command line of a server with one TLS endpoint, without a certificate.</summary>
    public const string Endpoint = "--Kestrel:Endpoints:Tls:Url=https://127.0.0.1:0";

    public static Uri TlsAddress(this OrbitServer orbit) => orbit.Services.GetRequiredService<NamedEndpoints>().AddressOf(NamedEndpoints.Tls)!;

    public static async Task<Contracts.V1.Trust> TrustAsync(this OrbitServer orbit) => await new TrustService.TrustServiceClient(await orbit.UserAsync()).GetTrustAsync(new());

    public static X509Certificate2 Authority(this Contracts.V1.Trust trust) => X509Certificate2.CreateFromPem(trust.Certificate);

    /// <summary>A client that trusts these authorities and nothing else.</summary>
    public static SocketsHttpHandler Trusting(params X509Certificate2[] authorities)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new SocketsHttpHandler { UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
    }

    public static GrpcChannel Channel(Uri server, params X509Certificate2[] authorities) =>
        GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = Trusting(authorities), DisposeHttpClient = true });

    /// <summary>The certificate that a handshake is answered with, and the protocol that it settles on.</summary>
    public static async Task<(X509Certificate2 Certificate, string Protocol)> HandshakeAsync(Uri server, params SslApplicationProtocol[] offered)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(server.Host, server.Port);
        await using SslStream tls = new(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            ApplicationProtocols = [.. offered],
#pragma warning disable CA5359 // looks at what is presented
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        return (X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData()), tls.NegotiatedApplicationProtocol.ToString());
    }
}
