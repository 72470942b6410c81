using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Trust;

/// <summary>The wire face of the control plane's own certificates.</summary>
internal sealed class TrustGrpcService(ServerCertificates certificates, TrustCommands commands) : Wire.TrustService.TrustServiceBase
{
    public override Task<Wire.Trust> GetTrust(Wire.GetTrustRequest request, ServerCallContext context) => Task.FromResult(certificates.Current.ToWire());

    public override async Task<Wire.Trust> RotateTrust(Wire.RotateTrustRequest request, ServerCallContext context)
    {
        Presented present = certificates.Current
            ?? throw OrbitException.Conflict("TRUST_NOT_OWN", "No https endpoint presents a certificate that the control plane made; there is nothing to rotate.");
        await commands.RotateAsync(present.Number, request.DistrustOld, Caller.Of(context), context.CancellationToken);
        await certificates.ReloadAsync(context.CancellationToken);
        return certificates.Current.ToWire();
    }
}
