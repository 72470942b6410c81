using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orbit.Agent.Identity;

/// <summary>
/// The control plane's own authority as this host knows it: named by the join token, stored beside the key, and exchanged when the control
/// plane says so over a connection that was checked against it. A host that has none trusts as its system does.
/// </summary>
internal sealed class PinnedAuthority(string dataDirectory)
{
    private readonly string _path = Path.Combine(dataDirectory, "identity", "ca.pem");

    /// <summary>Where it lies.</summary>
    public string FilePath => _path;

    /// <summary>True when this host pinned one.</summary>
    public bool Exists => File.Exists(_path);

    /// <summary>The certificates; none when nothing was pinned.</summary>
    /// <exception cref="IdentityException">What is stored cannot be read.</exception>
    public X509Certificate2Collection Load()
    {
        X509Certificate2Collection pinned = [];
        if (!Exists)
        {
            return pinned;
        }

        try
        {
            pinned.ImportFromPemFile(_path);
        }
        catch (Exception broken) when (broken is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"{_path} cannot be read: {broken.Message} Put the control plane's authority (orbit trust) there.", broken);
        }

        return pinned.Count > 0 ? pinned : throw new IdentityException($"{_path} holds no certificate. Put the control plane's authority (orbit trust) there.");
    }

    /// <summary>Pins the one of <paramref name="offered"/> that a join token names.</summary>
    /// <param name="offered">Certificates in PEM, from a server that nobody has vouched for.</param>
    /// <param name="fingerprint">SHA-256 of the certificate in lower-case hex.</param>
    /// <returns><see langword="false"/> when it is not among them; nothing was changed.</returns>
    public bool PinNamed(string offered, string fingerprint)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(offered);
        }
        catch (CryptographicException)
        {
            return false;
        }

        X509Certificate2? named = certificates.FirstOrDefault(one => Fingerprint(one) == fingerprint);
        if (named is not null)
        {
            Store([named]);
        }

        return named is not null;
    }

    /// <summary>Replaces what was pinned. Nothing happens on a host that pinned nothing, or has the same already.</summary>
    /// <param name="announced">DER.</param>
    /// <returns>True when it was changed.</returns>
    public bool Exchange(IReadOnlyList<ReadOnlyMemory<byte>> announced)
    {
        if (!Exists || announced.Count == 0)
        {
            return false;
        }

        X509Certificate2[] certificates = [.. announced.Select(der => X509CertificateLoader.LoadCertificate(der.Span))];
        if (Load().Select(Fingerprint).Order(StringComparer.Ordinal).SequenceEqual(certificates.Select(Fingerprint).Order(StringComparer.Ordinal)))
        {
            return false;
        }

        Store(certificates);
        return true;
    }

    /// <summary>SHA-256 of a certificate in lower-case hex.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));

    private void Store(IEnumerable<X509Certificate2> certificates) =>
        PrivateFile.Write(_path, System.Text.Encoding.ASCII.GetBytes(string.Concat(certificates.Select(one => one.ExportCertificatePem() + "\n"))));
}
