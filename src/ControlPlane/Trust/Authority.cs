using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orbit.ControlPlane.Trust;

/// <summary>
/// Makes the certificates of the control plane's own authority: ECDSA P-256, SHA-256. The authority signs nothing but the server's own
/// certificate and the authority after it, so whatever it signed is the control plane.
/// </summary>
internal static class Authority
{
    private const int SerialLength = 16;
    private static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1); // hosts whose clock is behind take a new certificate too
    private static readonly OidCollection ServerUse = [new Oid("1.3.6.1.5.5.7.3.1")];

    /// <summary>A new key.</summary>
    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>SHA-256 of a certificate in lower-case hex: how join tokens name it.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));

    /// <summary>SHA-256 of a certificate's public key as curl's <c>--pinnedpubkey</c> takes it.</summary>
    public static string Pin(X509Certificate2 certificate) =>
        "sha256//" + Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>An authority's certificate, signed by itself.</summary>
    public static X509Certificate2 Root(ECDsa key, string name, DateTimeOffset now, TimeSpan lifetime) =>
        AuthorityRequest(key, name).CreateSelfSigned(now - ClockDifference, now + lifetime);

    /// <summary>The same authority, signed by the one before, for those who trust only that one.</summary>
    /// <param name="before">With its private key.</param>
    /// <param name="next">The new authority's certificate.</param>
    /// <param name="now">From when it holds.</param>
    public static X509Certificate2 Crossed(X509Certificate2 before, X509Certificate2 next, DateTimeOffset now)
    {
        using ECDsa key = next.GetECDsaPublicKey()!;
        CertificateRequest request = AuthorityRequest(key, next.SubjectName.Name);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(before, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        DateTimeOffset ends = before.NotAfter < next.NotAfter ? before.NotAfter : next.NotAfter;
        return request.Create(before, Later(before.NotBefore, now - ClockDifference), ends, RandomNumberGenerator.GetBytes(SerialLength));
    }

    /// <summary>The server's certificate, with its private key.</summary>
    public static X509Certificate2 Server(X509Certificate2 authority, ECDsa key, IReadOnlyCollection<string> names, DateTimeOffset now, TimeSpan lifetime)
    {
        CertificateRequest request = new("CN=Orbit control plane", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(ServerUse, false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(Names(names));
        DateTimeOffset ends = now + lifetime;
        using X509Certificate2 signed = request.Create(
            authority, Later(authority.NotBefore, now - ClockDifference), ends < authority.NotAfter ? ends : authority.NotAfter, RandomNumberGenerator.GetBytes(SerialLength));
        return signed.CopyWithPrivateKey(key);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static CertificateRequest AuthorityRequest(ECDsa key, string name)
    {
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static X509Extension Names(IEnumerable<string> names)
    {
        SubjectAlternativeNameBuilder builder = new();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }
}
