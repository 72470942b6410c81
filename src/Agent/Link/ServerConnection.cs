using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Orbit.Agent.Identity;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// How the control plane is reached. Every attempt makes a new channel, so that its name is resolved anew and every address is tried;
/// pings of the transport keep NAT entries alive and prove nothing more.
/// </summary>
/// <param name="server">The address.</param>
/// <param name="caFile">Certificates to trust instead of all others; null: what was pinned, or the system's.</param>
/// <param name="pinned">The control plane's own authority as this host knows it.</param>
internal sealed class ServerConnection(Uri server, string? caFile, PinnedAuthority pinned)
{
    private const int LargestMessage = 16 * 1024 * 1024; // an offer with many thousand test ids
    private const int LargestAuthorities = 256 * 1024;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");

    /// <summary>The address.</summary>
    public Uri Server => server;

    /// <summary>Whether an address can only be reached from this host.</summary>
    public static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out IPAddress? ip) && IPAddress.IsLoopback(ip));

    /// <summary>Opens a connection of its own.</summary>
    /// <exception cref="IdentityException">What was pinned cannot be read.</exception>
    public GrpcChannel Open() => GrpcChannel.ForAddress(server, new GrpcChannelOptions
    {
        HttpHandler = Handler(),
        DisposeHttpClient = true,
        MaxReceiveMessageSize = LargestMessage,
        MaxSendMessageSize = LargestMessage,
    });

    /// <summary>Connects to the control plane and to nobody else.</summary>
    /// <exception cref="IdentityException">What was pinned cannot be read.</exception>
    public SocketsHttpHandler Handler()
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
            X509Certificate2Collection trusted = [];
            trusted.ImportFromPemFile(caFile);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(trusted) };
        }
        else if (pinned.Exists)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = TrustOnly(pinned.Load()),
                // This authority signs for nobody but the control plane: under whatever name it was reached, it is the right one.
                RemoteCertificateValidationCallback = static (_, _, _, problems) => (problems & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
            };
        }

        return handler;
    }

    /// <summary>The calls of the gateway over a channel.</summary>
    public static AgentGateway.AgentGatewayClient Gateway(GrpcChannel channel) => new(channel);

    /// <summary>
    /// Before anything else is said to a new control plane: fetches its authority and pins it, if it is the one that the join token names.
    /// Nothing that the server says before is believed.
    /// </summary>
    /// <param name="fingerprint">As the join token carries it; null: it carries none.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What went wrong, in words; null when there is something to trust.</returns>
    public async Task<string?> PinAsync(string? fingerprint, CancellationToken ct)
    {
        if (fingerprint is null || caFile is not null || pinned.Exists || server.Scheme != Uri.UriSchemeHttps)
        {
            return null;
        }

        using SocketsHttpHandler handler = new()
        {
            ConnectTimeout = ConnectLimit,
            UseProxy = false,
#pragma warning disable CA5359 // what is fetched is compared with the token's fingerprint; nothing else is said
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        using HttpClient http = new(handler) { Timeout = ConnectLimit, MaxResponseContentBufferSize = LargestAuthorities };
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server, "/install/ca.pem")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, ct);
            return !answer.IsSuccessStatusCode ? $"{server} has no authority of its own ({(int)answer.StatusCode}), but the join token names one"
                : pinned.PinNamed(await answer.Content.ReadAsStringAsync(ct), fingerprint) ? null
                : $"{server} is not the control plane that made the join token: its authority is another one. Somebody may be between";
        }
        catch (Exception away) when (away is HttpRequestException or IOException || (away is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return $"the authority cannot be fetched from {server}: {away.Message}";
        }
    }

    /// <summary>Takes what the control plane says is to be trusted from now on. It is used from the next connection on.</summary>
    /// <returns>True when it is something new.</returns>
    public bool Trust(TrustedAuthorities? announced) =>
        caFile is null && announced is not null && pinned.Exchange([.. announced.Certificates.Select(one => one.Memory)]);

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection trusted)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(trusted);
        policy.ApplicationPolicy.Add(ServerUse);
        return policy;
    }
}
