using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Trust;

/// <summary>Renews the server's certificate in time, and takes an authority that another replica made.</summary>
internal sealed class CertificatePass(ServerCertificates certificates, TimeProvider time, Signals signals, ILogger<CertificatePass> log) : PeriodicPass(time, signals, log)
{
    protected override TimeSpan Pause => TimeSpan.FromMinutes(10);

    protected override IReadOnlyList<string> Hints { get; } = [TrustCommands.Topic];

    protected override Task RunOnceAsync(CancellationToken ct) => certificates.Current is null ? Task.CompletedTask : certificates.ReloadAsync(ct);
}
