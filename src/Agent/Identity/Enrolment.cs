using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Identity;

/// <summary>
/// Finds out who this agent is: from the data directory, or by binding the host's key with a one-time token. A reply that was lost does no
/// harm: the same key with the same token is answered with the same agent.
/// </summary>
internal sealed class Enrolment(IdentityStore store, string? joinToken, string name, ILogger<Enrolment> logger)
{
    private AgentIdentity? _identity;

    /// <summary>The identity, or <see langword="null"/> while this host is not enrolled.</summary>
    /// <exception cref="IdentityException">Not enrolled and without a token, or what is stored cannot be read.</exception>
    public AgentIdentity? Find()
    {
        _identity ??= store.Load();
        if (_identity is null && joinToken is null)
        {
            throw new IdentityException("This host is not enrolled: make a join token on the control plane and start the agent with --token.");
        }

        return _identity;
    }

    /// <summary>Says once, at start, when a token was given to a host that needs none.</summary>
    public void ReportUnusedToken()
    {
        if (_identity is not null && joinToken is not null)
        {
            logger.TokenNotNeeded(_identity.AgentId, _identity.Name);
        }
    }

    /// <summary>The identity; enrols now when there is none.</summary>
    /// <exception cref="Grpc.Core.RpcException">The control plane refused, or cannot be reached.</exception>
    public async Task<AgentIdentity> EnsureAsync(AgentGateway.AgentGatewayClient gateway, CancellationToken ct)
    {
        if (Find() is { } known)
        {
            return known;
        }

        ECDsa key = store.LoadOrCreateKey();
        EnrollRequest request = new() { JoinToken = joinToken, Name = name, PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) };
        EnrollResponse reply = await gateway.EnrollAsync(request, deadline: null, cancellationToken: ct);
        FailPoint.Pass("enrol.answered");
        _identity = store.Save(key, reply.ServerId, reply.AgentId, reply.Name);
        logger.Enrolled(reply.AgentId, reply.Name, reply.ServerId);
        return _identity;
    }
}
