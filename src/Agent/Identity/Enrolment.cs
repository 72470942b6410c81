using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orbit.Contracts.V1;
using Orbit.Shared;

namespace Orbit.Agent.Identity;

/// <summary>
/// Finds out who this agent is: from the data directory, or by binding the host's key with a one-time token. A reply that was lost does no
/// harm: the same key with the same token is answered with the same agent.
/// </summary>
internal sealed class Enrolment(IdentityStore store, string? joinToken, string name, ILogger<Enrolment> logger)
{
    private const int FingerprintLength = 64;
    private AgentIdentity? _identity;
    private bool _tokenIsWorthNothing;

    /// <summary>SHA-256 of the authority that the join token names, in lower-case hex; null when it names none.</summary>
    public string? CaFingerprint =>
        joinToken?.LastIndexOf('.') is int dot and >= 0 && joinToken.Length - dot - 1 == FingerprintLength ? joinToken[(dot + 1)..] : null;

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

    /// <summary>Says once, at start, when a token was given to a host that needs none as it seems.</summary>
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

        return await EnrollAsync(gateway, store.LoadOrCreateKey(), ct);
    }

    /// <summary>
    /// The control plane does not take this agent's key any more: joins again with the token that was given, under a key made for it. The
    /// present key is kept until that worked.
    /// </summary>
    /// <exception cref="Grpc.Core.RpcException">The control plane refused, or cannot be reached.</exception>
    public Task RejoinAsync(AgentGateway.AgentGatewayClient gateway, CancellationToken ct) => EnrollAsync(gateway, store.LoadOrCreateNextKey(), ct);

    /// <summary>True when there is a token that the control plane has not refused.</summary>
    public bool CanRejoin => joinToken is not null && !_tokenIsWorthNothing;

    /// <summary>The control plane refused the token for good: it is not tried again, a person must act.</summary>
    public void TokenRefused(string text)
    {
        _tokenIsWorthNothing = true;
        logger.RejoinRefused(text);
    }

    /// <summary>The key that is to follow the present one; made now, and durable, unless there is one already.</summary>
    public NewKey NextKey()
    {
        AgentIdentity known = Find()!;
        ECDsa next = store.LoadOrCreateNextKey();
        byte[] publicKey = next.ExportSubjectPublicKeyInfo();
        string text = $"orbit-agent-key-v1 | {known.ServerId} | {known.AgentId} | {Convert.ToHexStringLower(SHA256.HashData(publicKey))}";
        byte[] signature = next.SignData(System.Text.Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new NewKey { PublicKey = ByteString.CopyFrom(publicKey), Signature = ByteString.CopyFrom(signature) };
    }

    /// <summary>True when a key was made and the control plane's answer is missing.</summary>
    public bool HasNextKey => store.HasNextKey;

    /// <summary>The control plane has the new key: it is used from the next session on.</summary>
    /// <param name="keyId">SHA-256 of its public key; another one changes nothing.</param>
    public void UseNextKey(ReadOnlySpan<byte> keyId)
    {
        if (!store.HasNextKey)
        {
            return;
        }

        ECDsa next = store.LoadOrCreateNextKey();
        if (keyId.SequenceEqual(SHA256.HashData(next.ExportSubjectPublicKeyInfo())))
        {
            AgentIdentity known = Find()!;
            _identity = store.Save(next, known.ServerId, known.AgentId, known.Name);
            logger.KeyExchanged();
        }
    }

    private async Task<AgentIdentity> EnrollAsync(AgentGateway.AgentGatewayClient gateway, ECDsa key, CancellationToken ct)
    {
        EnrollRequest request = new() { JoinToken = joinToken, Name = name, PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) };
        EnrollResponse reply = await gateway.EnrollAsync(request, deadline: null, cancellationToken: ct);
        FailPoint.Pass("enrol.answered");
        _identity = store.Save(key, reply.ServerId, reply.AgentId, reply.Name);
        logger.Enrolled(reply.AgentId, reply.Name, reply.ServerId);
        return _identity;
    }
}
