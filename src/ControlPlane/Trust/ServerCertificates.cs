using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Trust;

/// <summary>
/// The certificate that https endpoints without one of an operator present: made here, under the authority in the database, and exchanged
/// while the server runs. Endpoints that have a certificate in their configuration are left alone.
/// </summary>
internal sealed class ServerCertificates(
    TrustCommands commands, ServerNames names, NamedEndpoints endpoints, IConfiguration configuration, IOptions<TrustOptions> options,
    TimeProvider time, ILogger<ServerCertificates> log) : IBeforeStart
{
    /// <summary>For so long after a rotation both authorities are announced: other replicas may not have exchanged their certificate yet.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    private volatile Presented? _presented;

    /// <summary>Raised after another authority is in use.</summary>
    public event Action? AuthorityChanged;

    /// <summary>What is presented; null where no endpoint needs it.</summary>
    public Presented? Current => _presented;

    /// <inheritdoc />
    public async Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        if (!configuration.GetSection("Kestrel:Endpoints").GetChildren().Any(IsOurs))
        {
            return;
        }

        await ReloadAsync(ct);
        log.AuthorityInUse(_presented!.Fingerprint, _presented.Authority.NotAfter);
        endpoints.BeforeListening += Serve;
    }

    /// <summary>Takes the authority in use from the database, and makes a new server certificate where it is time.</summary>
    public async Task ReloadAsync(CancellationToken ct)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<StoredAuthority> stored = await commands.EnsureAsync(ct);
        if (Left(stored[0], now) < options.Value.AuthorityLifetime / 10)
        {
            await commands.RotateAsync(stored[0].Number, distrustOld: false, by: null, ct);
            stored = await commands.EnsureAsync(ct);
        }

        IReadOnlyList<string> wanted = names.Now();
        Presented? before = _presented;
        bool overlapEnds = before is { Announced.Count: > 1 } && !Overlaps(stored, now);
        if (before is null || before.Number != stored[0].Number || overlapEnds || !before.Names.SequenceEqual(wanted)
            || before.Certificate.NotAfter - now < options.Value.CertificateLifetime / 3)
        {
            _presented = Make(stored, wanted, now);
            log.CertificateMade(_presented.Certificate.NotAfter, string.Join(", ", wanted));
        }

        if (before is not null && before.Number != stored[0].Number)
        {
            log.AuthorityInUse(_presented!.Fingerprint, _presented.Authority.NotAfter);
            AuthorityChanged?.Invoke();
        }
    }

    /// <summary>True for an https endpoint that has no certificate of its own and gets none by default.</summary>
    private bool IsOurs(IConfigurationSection endpoint) =>
        endpoint["Url"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true
        && !endpoint.GetSection("Certificate").Exists() && !endpoint.GetSection("Sni").Exists()
        && !configuration.GetSection("Kestrel:Certificates:Default").Exists();

    private void Serve(NamedEndpoints.Endpoint endpoint)
    {
        if (!IsOurs(configuration.GetSection($"Kestrel:Endpoints:{endpoint.Name}")))
        {
            return;
        }

        endpoint.Listening.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = _presented!.Context,
                ApplicationProtocols = ProtocolsOf(endpoint.Protocols),
            }),
        });
    }

    private static List<SslApplicationProtocol> ProtocolsOf(HttpProtocols protocols)
    {
        List<SslApplicationProtocol> offered = [];
        if (protocols.HasFlag(HttpProtocols.Http2))
        {
            offered.Add(SslApplicationProtocol.Http2);
        }

        if (protocols.HasFlag(HttpProtocols.Http1))
        {
            offered.Add(SslApplicationProtocol.Http11);
        }

        return offered;
    }

    private Presented Make(List<StoredAuthority> stored, IReadOnlyList<string> wanted, DateTimeOffset now)
    {
        StoredAuthority current = stored[0];
        using ECDsa authorityKey = commands.Open(current.SealedKey, current.Number, "authority");
        X509Certificate2 root = X509CertificateLoader.LoadCertificate(current.Certificate);
        using X509Certificate2 signer = root.CopyWithPrivateKey(authorityKey);
        using ECDsa serverKey = commands.Open(current.SealedServerKey, current.Number, "server");
        X509Certificate2 leaf = Authority.Server(signer, serverKey, wanted, now, options.Value.CertificateLifetime);
        return new Presented(
            current.Number, root, leaf, SslStreamCertificateContext.Create(leaf, Chain(stored, now), offline: true), Announced(stored, root, now), wanted);
    }

    /// <summary>
    /// From the authority in use, as the one before signed it, back to the oldest that still holds and was never distrusted. Its own
    /// certificate is at the end: it is not sent, but the chain is only whole with it.
    /// </summary>
    private static X509Certificate2Collection Chain(List<StoredAuthority> stored, DateTimeOffset now)
    {
        X509Certificate2Collection chain = [];
        int last = 0;
        while (last + 1 < stored.Count && stored[last].Crossed.Length > 0 && Left(stored[last + 1], now) > TimeSpan.Zero)
        {
            chain.Add(X509CertificateLoader.LoadCertificate(stored[last].Crossed));
            last++;
        }

        chain.Add(X509CertificateLoader.LoadCertificate(stored[last].Certificate));
        return chain;
    }

    private static List<X509Certificate2> Announced(List<StoredAuthority> stored, X509Certificate2 root, DateTimeOffset now) =>
        Overlaps(stored, now) ? [root, X509CertificateLoader.LoadCertificate(stored[1].Certificate)] : [root];

    private static bool Overlaps(List<StoredAuthority> stored, DateTimeOffset now) =>
        stored.Count > 1 && stored[0].Crossed.Length > 0 && now - stored[0].CreatedAt < Overlap;

    private static TimeSpan Left(StoredAuthority authority, DateTimeOffset now)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(authority.Certificate);
        return certificate.NotAfter - now;
    }
}

/// <summary>What the server presents at this moment. Connections that began with another go on.</summary>
/// <param name="Number">Number of the authority.</param>
/// <param name="Authority">The authority's certificate, signed by itself.</param>
/// <param name="Certificate">The server's, with its key.</param>
/// <param name="Context">What a handshake sends.</param>
/// <param name="Announced">What agents are to trust from now on.</param>
/// <param name="Names">What the server's certificate is good for.</param>
internal sealed record Presented(
    int Number, X509Certificate2 Authority, X509Certificate2 Certificate, SslStreamCertificateContext Context,
    IReadOnlyList<X509Certificate2> Announced, IReadOnlyList<string> Names)
{
    /// <summary>Names the authority in join tokens.</summary>
    public string Fingerprint { get; } = Trust.Authority.Fingerprint(Authority);

    /// <summary>Names the server's key to curl.</summary>
    public string Pin { get; } = Trust.Authority.Pin(Certificate);
}
