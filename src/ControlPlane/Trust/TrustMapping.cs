using Google.Protobuf.WellKnownTypes;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Trust;

/// <summary>What clients can trust, on the wire.</summary>
internal static class TrustMapping
{
    public static Wire.Trust ToWire(this Presented? present)
    {
        if (present is null)
        {
            return new Wire.Trust();
        }

        return new Wire.Trust
        {
            Own = true,
            Fingerprint = present.Fingerprint,
            Certificate = present.Authority.ExportCertificatePem() + "\n",
            ServerPin = present.Pin,
            Names = { present.Names },
            CertificateEndsAt = Timestamp.FromDateTime(present.Certificate.NotAfter.ToUniversalTime()),
            AuthorityEndsAt = Timestamp.FromDateTime(present.Authority.NotAfter.ToUniversalTime()),
        };
    }
}
