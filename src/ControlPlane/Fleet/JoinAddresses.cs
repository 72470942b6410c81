using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Trust;

namespace Orbit.ControlPlane.Fleet;

/// <summary>What a new host needs to know: where agents connect to, and whom to trust.</summary>
internal sealed class JoinAddresses(PublicUrl publicUrl, NamedEndpoints endpoints, ServerCertificates certificates, IOptions<AgentOptions> options)
{
    /// <summary>Where the script that installs an agent is served.</summary>
    public const string InstallPath = "/install";

    /// <summary>Address that agents connect to.</summary>
    public string Server => options.Value.Address.Length > 0 ? options.Value.Address.TrimEnd('/') : Guess();

    /// <summary>SHA-256 of the control plane's own authority in lower-case hex; empty without one.</summary>
    public string CaFingerprint => certificates.Current?.Fingerprint ?? "";

    /// <summary>What curl needs to trust the control plane's own certificate: its key is named, nothing else is believed. Empty without one.</summary>
    public string CurlTrust =>
        certificates.Current is { } own && publicUrl.Value.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? $"-k --pinnedpubkey {own.Pin}" : "";

    /// <summary>The one line for a new host.</summary>
    public string InstallCommand(string token) =>
        $"curl -fsS {(CurlTrust.Length == 0 ? "" : CurlTrust + " ")}{publicUrl.Value}{InstallPath} | sh -s -- {token}";

    /// <summary>The TLS endpoint where there is one, else the one for gRPC, at the host that links name.</summary>
    private string Guess()
    {
        Uri links = new(publicUrl.Value);
        Uri listening = endpoints.AddressOf(NamedEndpoints.Tls) ?? endpoints.AddressOf(NamedEndpoints.Grpc) ?? links;
        return new UriBuilder(listening.Scheme, links.Host, listening.Port).Uri.GetLeftPart(UriPartial.Authority);
    }
}
