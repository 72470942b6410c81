using Google.Protobuf;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Trust;

namespace Orbit.ControlPlane.Gateway;

/// <summary>Tells the agents that are connected here at once when the control plane has another authority.</summary>
internal sealed class TrustNews(ServerCertificates certificates, AgentSessions sessions) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        certificates.AuthorityChanged += TellAll;
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        certificates.AuthorityChanged -= TellAll;
        return Task.CompletedTask;
    }

    /// <summary>What an agent is told; null without an authority.</summary>
    public static TrustedAuthorities? Of(Presented? present) => present is null
        ? null
        : new TrustedAuthorities { Certificates = { present.Announced.Select(one => ByteString.CopyFrom(one.RawDataMemory.Span)) } };

    private void TellAll()
    {
        if (Of(certificates.Current) is { } trust)
        {
            foreach (AgentSession session in sessions.All)
            {
                session.Post(new() { Trust = trust });
            }
        }
    }
}
