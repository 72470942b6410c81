using System.Security.Cryptography;
using System.Text;

namespace Orbit.Agent.Identity;

/// <summary>Who this agent is: the key that never leaves the host, and what the control plane that enrolled it called it.</summary>
/// <param name="Key">ECDSA P-256.</param>
/// <param name="ServerId">Id of the only control plane that this identity is good for.</param>
/// <param name="AgentId">Given by that control plane.</param>
/// <param name="Name">As that control plane stored it.</param>
internal sealed record AgentIdentity(ECDsa Key, string ServerId, long AgentId, string Name)
{
    /// <summary>SHA-256 of the public key: names the key that signed.</summary>
    public byte[] KeyId { get; } = SHA256.HashData(Key.ExportSubjectPublicKeyInfo());

    /// <summary>Proves possession of the key for one stream.</summary>
    public byte[] Sign(ReadOnlySpan<byte> nonce)
    {
        string text = $"orbit-agent-v1 | {ServerId} | {AgentId} | {Convert.ToHexStringLower(nonce)}";
        return Key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
