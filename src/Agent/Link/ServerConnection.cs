using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// How the control plane is reached. Every attempt makes a new channel, so that its name is resolved anew and every address is tried;
/// pings of the transport keep NAT entries alive and prove nothing more.
/// </summary>
internal sealed class ServerConnection(Uri server, string? caFile)
{
    private const int LargestMessage = 16 * 1024 * 1024; // an offer with many thousand test ids
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    /// <summary>The address.</summary>
    public Uri Server => server;

    /// <summary>Whether an address can only be reached from this host.</summary>
    public static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out IPAddress? ip) && IPAddress.IsLoopback(ip));

    /// <summary>Opens a connection of its own.</summary>
    public GrpcChannel Open()
    {
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectLimit,
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false, // a stream of days does not survive proxies made for pages
        };
        if (caFile is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(caFile) };
        }

        return GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestMessage,
            MaxSendMessageSize = LargestMessage,
        });
    }

    /// <summary>The calls of the gateway over a channel.</summary>
    public static AgentGateway.AgentGatewayClient Gateway(GrpcChannel channel) => new(channel);

    private static X509ChainPolicy TrustOnly(string caFile)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(caFile);
        return policy;
    }
}
